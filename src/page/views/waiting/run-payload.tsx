import { useState } from "preact/hooks";
import { PayloadText } from "../../shared/json/payload-text.tsx";

/** What the run is about. It may be large, and is read when somebody asks for it. */
export function RunPayload({ run }: { run: string }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details class="waiting-payload" onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary>Payload of the run</summary>
      {isOpen && <PayloadText run={run} />}
    </details>
  );
}
