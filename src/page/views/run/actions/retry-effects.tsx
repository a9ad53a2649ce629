import type { StoredDefinition } from "../../../../client/definitions.ts";
import { platform } from "../../../data/platform.ts";
import { useReading } from "../../../data/reading.ts";
import { stepsOf } from "../../../shared/drawing/steps.ts";
import { LoadingRows, NotRead } from "../../../shared/states/states.tsx";
import { effectsOf } from "./effects.ts";

const SHOWN = 8;

interface RetryEffectsProps {
  run: string;
  /** The address of a step; empty for what the platform begins with. */
  from: string;
  /** The version that it is to run under; null while it is read, and where it is gone. */
  definition: StoredDefinition | null;
}

/** What a retry would do, as the platform says: which steps run, and which of these act on the world. */
export function RetryEffects({ run, from, definition }: RetryEffectsProps) {
  const version = definition?.version;
  const reading = useReading(`retry ${run} ${from} ${version}`, (signal) =>
    platform.runs.handle(run).wouldRun({
      ...(version !== undefined && { version }),
      ...(from !== "" && { from }),
      signal,
    }),
  );
  const stepTypes = useReading("step types", (signal) => platform.workflows.stepTypes({ signal }));
  const { value: types, problem: noTypes } = stepTypes.state.value;
  const { value: willRun, problem } = reading.state.value;
  if (problem !== null) return <NotRead what="What would run" problem={problem} again={() => reading.again()} />;
  if (types === null && noTypes !== null)
    return <NotRead what="Which steps act on the world" problem={noTypes} again={() => stepTypes.again()} />;
  if (willRun === null || types === null) return <LoadingRows rows={1} label="Asking what would run" />;
  const acting = types.filter(({ kind, type }) => kind === "effect" || type === "workflow").map(({ type }) => type);
  const effects = effectsOf(stepsOf(definition), willRun, new Set(acting));
  return (
    <>
      <p class="soft">
        Runs: <span class="retry-runs">{listed(willRun)}</span>
      </p>
      {effects.length > 0 && <p class="note">Acts on the world again: {listed(effects)}</p>}
    </>
  );
}

function listed(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return `${names.slice(0, SHOWN).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
