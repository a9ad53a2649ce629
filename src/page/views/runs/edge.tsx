import { Failed } from "../../shared/states/states.tsx";
import { Time } from "../../shared/time/time.tsx";
import type { RunRows } from "./rows.ts";

/** Above rows that begin at a time there are newer ones, which are read on when somebody goes up. */
export function TopEdge({ rows }: { rows: RunRows }) {
  if (!rows.isAtTime || !rows.hasNewer.value) return null;
  return (
    <button type="button" class="run-new" onClick={() => rows.more("newer")}>
      <span aria-hidden="true">▲</span> Newer runs
    </button>
  );
}

/** The end of what is loaded: how far back that is, and what comes next. */
export function Edge({ rows }: { rows: RunRows }) {
  const last = rows.rows.value.at(-1);
  const lookedTo = rows.lookedTo.value;
  const { value: problem } = rows.problem;
  if (problem !== null)
    return <Failed problem={problem} again={() => (last === undefined ? rows.begin() : rows.more("older"))} />;
  if (lookedTo !== null)
    return (
      <p class="run-edge">
        Looked back to <Time at={lookedTo} />, {last === undefined ? "nothing yet" : "nothing more yet"}{" "}
        <button type="button" onClick={() => rows.lookOn()}>
          Go on
        </button>
      </p>
    );
  if (last === undefined) return null;
  return (
    <p class="run-edge soft">
      {rows.hasOlder.value ? (
        <>
          Loaded back to <Time at={last.created_at} />
        </>
      ) : (
        "These are all"
      )}
    </p>
  );
}
