import { useState } from "preact/hooks";
import type { RunFilter } from "../../../../client/client.ts";
import { type Chosen, MOST_CHOSEN } from "../chosen.ts";
import { AllDialog } from "./all-dialog.tsx";
import { Fits } from "./fits.tsx";
import { ACTIONS, type ActionKind } from "./kinds.ts";

/** What can be done with the rows that are chosen, or with all runs that fit; it is asked for before it is begun. */
export function BulkBar({ chosen, filter: { order: _, ...filter } }: { chosen: Chosen; filter: RunFilter }) {
  const [asked, setAsked] = useState<ActionKind | null>(null);
  const [isAll, setIsAll] = useState(false);
  const ids = chosen.ids.value;
  if (ids.size === 0) return null;
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
