import type { TestedRun } from "../../../client/definitions.ts";
import { download } from "../../shared/copy/download.ts";
import { JsonViewer } from "../../shared/json/json-viewer.tsx";
import { Status } from "../../shared/status/status.tsx";
import { durationText } from "../../shared/time/format.ts";
import { testCase } from "./test-case.ts";

interface TriedRunProps {
  run: TestedRun;
  /** What it was given: its payload, mocks and signals. */
  given: object;
  definition: unknown;
}

const SHOWN = 200;

/** How a try went: its steps on a line of virtual time, and what it gave. */
export function TriedRun({ run, given, definition }: TriedRunProps) {
  const { status, error, virtual_seconds, unused_mocks, step_results, started_at } = run;
  const begin = Date.parse(started_at ?? run.created_at);
  const all = Math.max(1, virtual_seconds * 1000);
  const steps = Object.entries(step_results);
  return (
    <>
      <p class="try-outcome">
        <Status status={status} />{" "}
        <span class="soft">after {durationText(virtual_seconds * 1000)} of virtual time</span>
        <button type="button" class="copy" onClick={() => download(nameOf(definition), testCase(run, given))}>
          keep as test case
        </button>
      </p>
      {error !== null && <p class="problem">{error}</p>}
      {unused_mocks.length > 0 && <p class="soft">Not used: {unused_mocks.join(", ")}</p>}
      <table class="try-steps">
        <tbody>
          {steps.slice(0, SHOWN).map(([address, step]) => {
            const from = step.started_at === null ? all : Date.parse(step.started_at) - begin;
            const to = step.completed_at === null ? from : Date.parse(step.completed_at) - begin;
            return (
              <tr key={address}>
                <td class="cut">{address}</td>
                <td>
                  <Status status={step.status} />
                </td>
                <td class="try-line">
                  <span
                    class={`try-bar mark-${step.status}`}
                    style={{ left: `${(100 * from) / all}%`, width: `${(100 * (to - from)) / all}%` }}
                  />
                </td>
                <td class="cut soft" title={step.error ?? undefined}>
                  {step.error ?? (to > from ? durationText(to - from) : "")}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {steps.length > SHOWN && <p class="soft">{steps.length - SHOWN} more steps</p>}
      <JsonViewer
        text={JSON.stringify(run.output === undefined ? step_results : run.output)}
        label={run.output === undefined ? "results" : "output"}
      />
    </>
  );
}

function nameOf(definition: unknown): string {
  const named = typeof definition === "object" && definition !== null && "id" in definition ? definition.id : null;
  return `${typeof named === "string" ? named : "workflow"}.test.json`;
}
