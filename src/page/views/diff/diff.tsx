import { useMemo } from "preact/hooks";
import type { StoredDefinition } from "../../../client/definitions.ts";
import { address, choose, go, hrefOf } from "../../address/address.ts";
import { authored, definitionText } from "../../data/authored.ts";
import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { useActions } from "../../keys/keys.ts";
import { stepsOf } from "../../shared/drawing/steps.ts";
import { TextDiff } from "../../shared/editor/text-diff.tsx";
import { NoWorkflow } from "../../shared/states/no-workflow.tsx";
import { LoadingRows } from "../../shared/states/states.tsx";
import { useTitle } from "../../title.ts";
import type { ViewProps } from "../../view.ts";
import { compare } from "./compare.ts";
import { DrawnDiff } from "./drawn-diff.tsx";
import { MakeNewest } from "./make-newest.tsx";
import { RunningOn } from "./running-on.tsx";
import { Summary } from "./summary.tsx";

/** What one version changed of another. Without `from` and `to` they are the newest and the one before it. */
export function DiffView({ params: { ref = "" } }: ViewProps) {
  const { query } = address.value;
  const [from, to] = [Number(query.get("from")) || null, Number(query.get("to")) || null];
  const reading = useReading(`diff ${ref} ${from} ${to}`, async (signal) => {
    const newest = await platform.workflows.get(ref, { signal });
    const read = (version: number) =>
      version === newest.version ? newest : platform.workflows.get(ref, { signal, version });
    const after = await read(to ?? newest.version);
    return { newest, after, before: await read(from ?? Math.max(1, after.version - 1)) };
  });
  const { value, problem } = reading.state.value;
  useTitle(value === null ? null : `${value.newest.name}, v${value.before.version} and v${value.after.version}`);
  if (value !== null) return <Compared {...value} />;
  return (
    <div class="page-pad">
      {problem === null ? (
        <LoadingRows label="Loading both versions" />
      ) : (
        <NoWorkflow id={ref} problem={problem} again={() => reading.again()} />
      )}
    </div>
  );
}

interface ComparedProps {
  newest: StoredDefinition;
  before: StoredDefinition;
  after: StoredDefinition;
}

function Compared({ newest, before, after }: ComparedProps) {
  const isDrawn = address.value.query.get("as") === "drawn";
  const sides = useMemo(() => {
    const sideOf = (stored: StoredDefinition) => ({ definition: authored(stored), steps: stepsOf(stored) });
    return { before: sideOf(before), after: sideOf(after) };
  }, [before, after]);
  const comparison = useMemo(() => compare(sides.before, sides.after), [sides]);
  const place = `/workflows/${newest.uuid}`;
  useActions([{ key: "Escape", name: "Back to the versions", run: () => go(`${place}?tab=versions`) }]);
  return (
    <div class="page-pad diff">
      <div class="view-head">
        <h1>
          <a class="two-lines" href={hrefOf(`${place}?tab=versions`)} title={newest.name}>
            {newest.name}
          </a>{" "}
          <span class="workflow-version">
            v{before.version} → v{after.version}
          </span>
        </h1>
        <a class="button quiet" href={hrefOf(choose({ from: after.version, to: before.version }))}>
          Turn round
        </a>
        <RunningOn workflow={newest.uuid} version={after.version} />
        {before.version !== newest.version && <MakeNewest newest={newest} version={before} />}
      </div>
      <Summary comparison={comparison} />
      <nav class="tabs" aria-label="How it is shown">
        <a href={hrefOf(choose({ as: null }))} aria-current={isDrawn ? undefined : "page"}>
          Text
        </a>
        <a href={hrefOf(choose({ as: "drawn" }))} aria-current={isDrawn ? "page" : undefined}>
          Drawn
        </a>
      </nav>
      {isDrawn ? (
        <DrawnDiff
          before={{ ...sides.before, version: before.version }}
          after={{ ...sides.after, version: after.version }}
          comparison={comparison}
        />
      ) : (
        <TextDiff
          before={{ text: definitionText(before), label: `Version ${before.version}` }}
          after={{ text: definitionText(after), label: `Version ${after.version}` }}
        />
      )}
    </div>
  );
}
