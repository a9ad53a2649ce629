import { useDoing } from "../../data/doing.ts";
import { useTyping } from "../../data/typing.ts";
import { CopyButton } from "../copy/copy-button.tsx";
import { download } from "../copy/download.ts";
import { ProblemLine } from "../states/states.tsx";
import { bytesText } from "./nodes.ts";
import type { JsonView } from "./view.ts";

interface JsonToolsProps {
  view: JsonView;
  name: string | undefined;
  label: string;
  /** Letters of the text. */
  size: number;
}

/** What can be done with a JSON text: find, copy, download. What is copied is of the row that is chosen, or the text as it was sent. */
export function JsonTools({ view, name, label, size }: JsonToolsProps) {
  const typing = useTyping();
  // The text may have to be read first.
  const showing = useDoing(() => view.showRaw(!view.isRaw.peek()));
  const saving = useDoing(async () => download(`${label.replaceAll(/[^\w.-]+/g, "_")}.json`, await view.sent()));
  const found = view.found.value;
  const isRaw = view.isRaw.value;
  return (
    <div class="json-tools">
      <input
        type="search"
        placeholder="Find"
        aria-label={`Find in ${label}`}
        onInput={({ currentTarget: { value } }) => typing.stopped(() => view.find(value))}
        onKeyDown={(event) => {
          if (event.key === "Enter") view.go(event.shiftKey ? -1 : 1);
        }}
      />
      <span class="json-found" role="status">
        {found !== null && (found.count === 0 ? "not there" : `${found.place + 1} of ${found.count}`)}
      </span>
      <span class="json-copies">
        {isRaw ? (
          <CopyButton text={() => view.sent()} what={`${label} as it is`} label="copy" />
        ) : (
          <>
            <CopyButton text={() => view.copied("value", "")} what={`the chosen value of ${label}`} label="copy" />
            <CopyButton text={() => view.copied("path", "")} what="its path" label="path" />
            {name !== undefined && (
              <CopyButton text={() => view.copied("placeholder", name)} what="it as a placeholder" label="as ${…}" />
            )}
          </>
        )}
        <button
          type="button"
          class="copy"
          aria-pressed={isRaw}
          aria-label={`raw text of ${label}`}
          onClick={() => showing.run()}
        >
          raw
        </button>
        <button type="button" class="copy" title={bytesText(size)} onClick={() => saving.run()}>
          download
        </button>
      </span>
      <ProblemLine problem={showing.problem ?? saving.problem} />
    </div>
  );
}
