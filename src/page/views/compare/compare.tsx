import { useEffect, useMemo } from "preact/hooks";
import { address, choose, go, hrefOf } from "../../address/address.ts";
import { useReading } from "../../data/reading.ts";
import { useActions } from "../../keys/keys.ts";
import { useWalk } from "../../keys/walk.ts";
import { NoRun } from "../../shared/states/no-run.tsx";
import { Empty, LoadingRows } from "../../shared/states/states.tsx";
import { Time } from "../../shared/time/time.tsx";
import { useTitle } from "../../title.ts";
import type { ViewProps } from "../../view.ts";
import { aligned } from "./alignment.ts";
import { CompareTable } from "./compare-table.tsx";
import { Partner } from "./partner.tsx";
import { bothSides, type Side, usualPartner } from "./reading.ts";
import { SideCard } from "./side-card.tsx";

/** Goes on to the last run of the same workflow that succeeded. */
export function CompareWithUsual({ params: { id = "" } }: ViewProps) {
  const reading = useReading(`partner of ${id}`, (signal) => usualPartner(id, signal));
  const { value, problem } = reading.state.value;
  const partner = value?.partner ?? null;
  useEffect(() => {
    if (partner !== null) go(`/runs/${id}/compare/${partner}`, { replaces: true });
  }, [id, partner]);
  return (
    <div class="page-pad">
      <div class="view-head">
        <h1>Compare</h1>
        <Partner of={id} />
      </div>
      {problem !== null && <NoRun ids={[id]} problem={problem} again={() => reading.again()} />}
      {problem === null && (value === null || partner !== null) && (
        <LoadingRows label="Looking for a run to compare with" />
      )}
      {value !== null && partner === null && (
        <Empty title="No other run to compare with">
          <p>
            No other run of this workflow has succeeded
            {value.lookedTo !== null && (
              <>
                {" "}
                since <Time at={value.lookedTo} />
              </>
            )}
            . The id of any run can be given above.
          </p>
          <p>
            <a href={hrefOf(`/runs/${id}`)}>Back to the run</a>
          </p>
        </Empty>
      )}
    </div>
  );
}

/** Two runs step by step. */
export function Compare({ params: { id = "", other = "" } }: ViewProps) {
  const reading = useReading(`compare ${id} ${other}`, (signal) => bothSides(id, other, signal));
  const { value, problem } = reading.state.value;
  useTitle(value === null ? null : `Compare ${id.slice(0, 13)} and ${other.slice(0, 13)}`);
  useWalk(".compare-link", "step");
  useActions([
    { key: "s", name: "Turn the comparison round", run: () => go(`/runs/${other}/compare/${id}`) },
    { key: "Escape", name: "Back to the run", run: () => go(`/runs/${id}`) },
  ]);
  return (
    <div class="page-pad compare">
      <div class="view-head">
        <h1>Compare</h1>
        <a class="button quiet" href={hrefOf(`/runs/${other}/compare/${id}`)}>
          Turn round
        </a>
        <Partner of={id} />
      </div>
      {value === null && problem === null && <LoadingRows label="Loading both runs" />}
      {value === null && problem !== null && (
        <NoRun ids={[...new Set([id, other])]} problem={problem} again={() => reading.again()} />
      )}
      {value !== null && <Sides {...value} />}
    </div>
  );
}

function Sides({ before, after }: { before: Side; after: Side }) {
  const steps = useMemo(() => aligned(before.run.steps, after.run.steps), [before, after]);
  const onlyDifferent = address.value.query.get("only") === "different";
  const different = steps.filter(({ differences }) => differences.length > 0);
  const count = steps.length.toLocaleString("en");
  return (
    <>
      <div class="compare-sides">
        <SideCard letter="A" side={before} other={after} />
        <SideCard letter="B" side={after} other={before} />
      </div>
      <div class="compare-summary">
        <p>
          {different.length === 0
            ? `No step of ${count} differs in how it ended, in how long it took, or in the size of its output.`
            : `${different.length.toLocaleString("en")} of ${count} steps differ.`}
        </p>
        <a
          class="button"
          role="switch"
          aria-checked={onlyDifferent}
          href={hrefOf(choose({ only: onlyDifferent ? null : "different", step: null }))}
        >
          {onlyDifferent ? "✓ " : ""}Only what differs
        </a>
      </div>
      <CompareTable before={before.run} after={after.run} steps={onlyDifferent ? different : steps} />
    </>
  );
}
