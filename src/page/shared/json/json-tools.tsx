import { useRef } from "preact/hooks";
import { CopyButton } from "../copy/copy-button.tsx";
import { bytesText } from "./nodes.ts";
import type { JsonView } from "./view.ts";

interface JsonToolsProps {
  view: JsonView;
  text: string;
  name: string | undefined;
  label: string;
}

/** Milliseconds after the last key. */
const PAUSE = 200;

/** What can be done with a JSON text: find, copy, download. What is copied is of the row that is chosen. */
export function JsonTools({ view, text, name, label }: JsonToolsProps) {
  const timer = useRef<Timer | undefined>(undefined);
  const found = view.found.value;
  return (
    <div class="json-tools">
      <input
        type="search"
        placeholder="Find"
        aria-label={`Find in ${label}`}
        onInput={({ currentTarget: { value } }) => {
          clearTimeout(timer.current);
          timer.current = setTimeout(() => view.find(value), PAUSE);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter") view.go(event.shiftKey ? -1 : 1);
        }}
      />
      <span class="json-found" role="status">
        {found !== null && (found.count === 0 ? "not there" : `${found.place + 1} of ${found.count}`)}
      </span>
      <span class="json-copies">
        <CopyButton text={() => view.copied("value", "")} what={`the chosen value of ${label}`} label="copy" />
        <CopyButton text={() => view.copied("path", "")} what="its path" label="path" />
        {name !== undefined && (
          <CopyButton text={() => view.copied("placeholder", name)} what="it as a placeholder" label="as ${…}" />
        )}
        <button type="button" class="copy" title={bytesText(text.length)} onClick={() => download(text, label)}>
          download
        </button>
      </span>
    </div>
  );
}

type Timer = ReturnType<typeof setTimeout>;

function download(text: string, label: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `${label.replaceAll(/[^\w.-]+/g, "_")}.json`;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
