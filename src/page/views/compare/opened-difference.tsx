import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { TextDiff } from "../../shared/editor/text-diff.tsx";
import { JsonViewer } from "../../shared/json/json-viewer.tsx";
import { Unread } from "../../shared/states/states.tsx";
import type { ComparedStep } from "./alignment.ts";
import { outputsOf, payloadsOf, type Texts } from "./reading.ts";

/** Characters of both texts together; longer ones are shown side by side. */
const MAX_COMPARED = 400_000;

interface OpenedDifferenceProps {
  runs: readonly [string, string];
  /** Whose outputs are shown; null for the payloads. */
  step: ComparedStep | null;
}

/** Both outputs of a step, line by line. */
export function OpenedDifference({ runs, step }: OpenedDifferenceProps) {
  const [first, second] = runs;
  const key = `difference ${first} ${second} ${step?.address ?? ""}`;
  const reading = useReading(key, (signal) =>
    step === null
      ? payloadsOf(runs, signal)
      : outputsOf(step.address, [begun(step.before, first), begun(step.after, second)], signal),
  );
  const { value } = reading.state.value;
  const errors = step === null ? [] : [step.before?.error ?? null, step.after?.error ?? null];
  return (
    <tr class="compare-opened">
      <td colSpan={5}>
        {errors.map(
          (error, index) =>
            error !== null && (
              <p key={index} class="compare-error">
                <strong>{index === 0 ? "A" : "B"}</strong> {error}
              </p>
            ),
        )}
        <Unread reading={reading} rows={3} label="Loading both outputs" />
        {value !== null && <Difference {...value} runs={runs} step={step} />}
      </td>
    </tr>
  );
}

function Difference({ before, after, runs: [first, second], step }: Texts & OpenedDifferenceProps) {
  const what = step === null ? "payload" : "output";
  const sent = (run: string) => () => {
    const handle = platform.runs.handle(run);
    return step === null ? handle.payloadText() : handle.outputText(step.address);
  };
  if (before === null && after === null) return <p class="soft">It has not run in either.</p>;
  if (before === after && before !== null) {
    return (
      <>
        <p class="soft">The same in both.</p>
        <JsonViewer text={before} sent={sent(first)} label={what} />
      </>
    );
  }
  if (before !== null && after !== null && before.length + after.length <= MAX_COMPARED) {
    return <TextDiff before={{ text: before, label: `${what} of A` }} after={{ text: after, label: `${what} of B` }} />;
  }
  return (
    <div class="compare-both">
      {before === null ? (
        <p class="soft">It has not run in A.</p>
      ) : (
        <JsonViewer text={before} sent={sent(first)} label={`${what} of A`} />
      )}
      {after === null ? (
        <p class="soft">It has not run in B.</p>
      ) : (
        <JsonViewer text={after} sent={sent(second)} label={`${what} of B`} />
      )}
    </div>
  );
}

/** The run where a step has begun there; else null, since there is nothing to be read. */
function begun(step: ComparedStep["before"], run: string): string | null {
  return step === null || step.started_at === null ? null : run;
}
