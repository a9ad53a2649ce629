import { useEffect, useId, useMemo } from "preact/hooks";
import { JsonRow, ROW_HEIGHT } from "./json-row.tsx";
import { JsonTools } from "./json-tools.tsx";
import { RawRows } from "./raw/raw-rows.tsx";
import { JsonView } from "./view.ts";

interface JsonViewerProps {
  /** JSON; any other text is shown as it is. */
  text: string;
  /** Whether the platform sent `text` so, or how the text that it sent is read; without it the page has written it out. */
  sent?: true | (() => Promise<string>);
  /** What definitions call it, such as the name of a step: then places are copied as placeholders, too. */
  name?: string;
  /** What it is, such as "output". */
  label: string;
}

/** A JSON text of any size: folded, searched, copied. Only the rows in view are in the document. */
export function JsonViewer({ text, sent, name, label }: JsonViewerProps) {
  const id = useId();
  const view = useMemo(() => new JsonView(text, typeof sent === "function" ? sent : async () => text), [text, label]);
  useEffect(() => {
    view.read();
    return () => view.close();
  }, [view]);
  const { count, rows } = view.shown.value;
  const active = view.active.value;
  return (
    <section class="json" aria-label={label}>
      <JsonTools {...{ view, name, label }} size={text.length} />
      {view.isRaw.value ? (
        <>
          <p class="json-note soft">
            {sent === undefined
              ? "Written out by the page, which has it as a part of an answer"
              : "As the platform sent it"}
          </p>
          <RawRows view={view} label={label} />
        </>
      ) : (
        <div
          class="json-rows"
          role="tree"
          tabIndex={0}
          aria-label={`${label} as a tree`}
          aria-activedescendant={rows.some(({ number }) => number === active) ? `${id}-${active}` : undefined}
          ref={(element) => view.isIn(element)}
          onScroll={() => view.read()}
          onKeyDown={(event) => {
            if (view.press(event.key)) event.preventDefault();
          }}
        >
          <div class="json-space" role="none" style={{ height: `${count * ROW_HEIGHT}px` }}>
            {rows.map((row) => (
              <JsonRow
                key={row.number}
                row={row}
                id={`${id}-${row.number}`}
                isActive={row.number === active}
                onChoose={() => view.choose(row.number)}
                onToggle={() => view.toggle(row)}
              />
            ))}
          </div>
        </div>
      )}
    </section>
  );
}
