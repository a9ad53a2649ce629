import { useEffect, useRef } from "preact/hooks";

interface TextDiffProps {
  before: { text: string; label: string };
  after: { text: string; label: string };
}

/** What is different between two texts of JSON. */
export function TextDiff({ before, after }: TextDiffProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let end = () => {};
    let isGone = false;
    import("./diff.ts").then(({ showDiff }) => {
      if (!isGone && place.current !== null) end = showDiff({ parent: place.current, before, after });
    });
    return () => {
      isGone = true;
      end();
    };
  }, [before.text, after.text]);
  return <div class="json-editor text-diff" ref={place} />;
}
