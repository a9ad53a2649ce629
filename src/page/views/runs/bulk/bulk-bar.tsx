import { useState } from "preact/hooks";
import type { RunFilter } from "../../../../client/client.ts";
import { type Chosen, MOST_CHOSEN } from "../chosen.ts";
import { AllDialog } from "./all-dialog.tsx";
import { Fits } from "./fits.tsx";
import { ACTIONS, type ActionKind } from "./kinds.ts";

interface BulkBarProps {
  chosen: Chosen;
  filter: RunFilter;
}

/** Nothing while no row is chosen; then all that was said in it is forgotten. */
export function BulkBar(props: BulkBarProps) {
  return props.chosen.ids.value.size === 0 ? null : <Bar {...props} />;
}

/** What can be done with the rows that are chosen, or with all runs that fit; it is asked for before it is begun. */
function Bar({ chosen, filter: { order: _, ...filter } }: BulkBarProps) {
  const [asked, setAsked] = useState<ActionKind | null>(null);
  const [isAll, setIsAll] = useState(false);
  const ids = chosen.ids.value;
  return (
    <section class="bulk-bar" aria-label="Chosen runs">
      <strong>
        {isAll ? "All that fit" : `${ids.size} chosen`}
        {!isAll && ids.size === MOST_CHOSEN && ", the most"}
      </strong>
      <label>
        <input type="checkbox" checked={isAll} onChange={({ currentTarget }) => setIsAll(currentTarget.checked)} /> all
        that fit the filter <Fits filter={filter} />
      </label>
      {ACTIONS.map(({ kind, name }) => (
        <button key={kind} type="button" onClick={() => setAsked(kind)}>
          {name}…
        </button>
      ))}
      <button type="button" class="quiet" onClick={() => chosen.clear()}>
        Choose none
      </button>
      {asked !== null && (
        <AllDialog
          kind={asked}
          chosen={isAll ? null : ids.size}
          filter={isAll ? filter : { uuid: [...ids] }}
          onClose={() => setAsked(null)}
          onDone={() => chosen.clear()}
        />
      )}
    </section>
  );
}
