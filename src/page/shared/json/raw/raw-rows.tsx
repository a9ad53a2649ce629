import { ROW_HEIGHT } from "../json-row.tsx";
import type { JsonView } from "../view.ts";

/** A text as it is: of its rows those in view. */
export function RawRows({ view, label }: { view: JsonView; label: string }) {
  const { count, rows } = view.shown.value;
  const found = view.found.value === null ? null : view.active.value;
  return (
    <section
      class="json-rows"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
      tabIndex={0}
      aria-label={`${label} as it is`}
      ref={(element) => view.isIn(element)}
      onScroll={() => view.read()}
    >
      <div class="json-space" style={{ height: `${count * ROW_HEIGHT}px` }}>
        {rows.map(({ number, text }) => (
          <div
            key={number}
            class={`json-row json-raw${number === found ? " is-active" : ""}`}
            style={{ top: `${number * ROW_HEIGHT}px` }}
          >
            {text}
          </div>
        ))}
      </div>
    </section>
  );
}
