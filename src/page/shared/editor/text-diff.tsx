import { useEffect, useRef, useState } from "preact/hooks";
import { PartMissing } from "../states/states.tsx";

interface TextDiffProps {
  before: { text: string; label: string };
  after: { text: string; label: string };
}

/** What is different between two texts of JSON. */
export function TextDiff({ before, after }: TextDiffProps) {
  const place = useRef<HTMLDivElement>(null);
  const [isMissing, setIsMissing] = useState(false);
  useEffect(() => {
    let end = () => {};
    let isGone = false;
    import("./diff.ts").then(
      ({ showDiff }) => {
        if (!isGone && place.current !== null) end = showDiff({ parent: place.current, before, after });
      },
      () => setIsMissing(true),
    );
    return () => {
      isGone = true;
      end();
    };
  }, [before.text, after.text]);
  return (
    <>
      {isMissing && <PartMissing />}
      <div class="json-editor text-diff" ref={place} />
    </>
  );
}
