import { useEffect, useState } from "preact/hooks";

const SHOWN_MILLISECONDS = 1500;

/** Copies a text. @param what what it is, for those who hear the button */
export function CopyButton({
  text,
  what,
  label,
}: {
  text: string | (() => string | Promise<string>);
  what: string;
  label?: string;
}) {
  const [outcome, setOutcome] = useState<"copied" | "failed" | null>(null);
  useEffect(() => {
    if (outcome === null) return;
    const timer = setTimeout(() => setOutcome(null), SHOWN_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === "string" ? text : await text());
      setOutcome("copied");
    } catch {
      setOutcome("failed");
    }
  };
  const shown = outcome === "copied" ? "✓ copied" : outcome === "failed" ? "not allowed" : (label ?? "copy");
  return (
    <button type="button" class="copy" onClick={copy} aria-label={outcome === null ? `Copy ${what}` : shown}>
      {shown}
    </button>
  );
}
