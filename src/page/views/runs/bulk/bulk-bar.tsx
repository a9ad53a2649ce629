import { useState } from "preact/hooks";
import type { RunFilter } from "../../../../client/client.ts";
import type { Chosen } from "../chosen.ts";
import { AllDialog } from "./all-dialog.tsx";
import { doEach, type EachProgress } from "./each.ts";
import { Fits } from "./fits.tsx";
import { ACTIONS, type ActionKind } from "./kinds.ts";

/** What can be done with the rows that are chosen, or with all runs that fit. */
export function BulkBar({ chosen, filter }: { chosen: Chosen; filter: RunFilter }) {
  const [progress, setProgress] = useState<EachProgress | null>(null);
  const [asked, setAsked] = useState<ActionKind | null>(null);
  const [isAll, setIsAll] = useState(false);
  const ids = chosen.ids.value;
  if (ids.size === 0 && progress === null) return null;
  const run = async (kind: ActionKind) => {
    if (isAll) return setAsked(kind);
    await doEach(kind, [...ids], setProgress);
    chosen.clear();
  };
  return (
    <section class="bulk-bar" aria-label="Chosen runs">
      {progress === null ? (
        <>
          <strong>{isAll ? "All that fit" : `${ids.size.toLocaleString("en")} chosen`}</strong>
          <label>
            <input type="checkbox" checked={isAll} onChange={({ currentTarget }) => setIsAll(currentTarget.checked)} />{" "}
            all that fit the filter <Fits filter={unordered(filter)} />
          </label>
          {ACTIONS.map(({ kind, name }) => (
            <button key={kind} type="button" onClick={() => run(kind)}>
              {name}
              {isAll && "…"}
            </button>
          ))}
          <button type="button" class="quiet" onClick={() => chosen.clear()}>
            Choose none
          </button>
        </>
      ) : (
        <>
          <span role="status">{progress.text}</span>
          {progress.stop === null ? (
            <button type="button" class="quiet" onClick={() => setProgress(null)}>
              Done
            </button>
          ) : (
            <button type="button" onClick={progress.stop}>
              Stop
            </button>
          )}
        </>
      )}
      {asked !== null && <AllDialog kind={asked} filter={unordered(filter)} onClose={() => setAsked(null)} />}
    </section>
  );
}

/** An order is not a matter of which runs. */
function unordered({ order: _, ...criteria }: RunFilter): RunFilter {
  return criteria;
}
