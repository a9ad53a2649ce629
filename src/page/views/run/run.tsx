import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { RunEvent } from "../../../schemas/runs/run-event.ts";
import { address, choose, go } from "../../address/address.ts";
import { announce } from "../../announce.ts";
import { listPath, neighbour } from "../../data/listed.ts";
import { useReading } from "../../data/reading.ts";
import { definitionOf } from "../../data/runs/definition.ts";
import { outlineOf } from "../../data/runs/outline.ts";
import { useActions } from "../../keys/keys.ts";
import { follow } from "../../live/live.ts";
import { runTopic } from "../../live/topic.ts";
import { NoRun } from "../../shared/states/no-run.tsx";
import { LoadingRows } from "../../shared/states/states.tsx";
import { hasEnded } from "../../shared/status/run-statuses.ts";
import { useTitle } from "../../title.ts";
import type { ViewProps } from "../../view.ts";
import { Head } from "./head.tsx";
import { Paced } from "./paced.ts";
import { Panel } from "./panel/panel.tsx";
import { type ShownRun, workflowName } from "./shown-run.ts";
import { Tabs } from "./tabs.tsx";
import { Why } from "./why.tsx";

/** One run: what it did, what failed and why, and what can be done with it. */
export function RunView({ params: { id = "" } }: ViewProps) {
  const reading = useReading(`run ${id}`, (signal) => outlineOf(id, signal));
  const { value: run, problem } = reading.state.value;
  const version = run === null ? null : `${run.workflow_id} ${run.workflow_version}`;
  const defined = useReading(`definition ${version}`, async (signal) =>
    run === null
      ? null
      : definitionOf({ run: run.uuid, workflow: run.workflow_id, version: run.workflow_version }, signal),
  );
  const told = useMemo(() => signal<readonly RunEvent[]>([]), []);
  const isOpen = run !== null && !hasEnded(run.status);
  useEffect(() => {
    if (!isOpen) return;
    const paced = new Paced(() => reading.again());
    const after = () => told.peek().at(-1)?.id ?? 0;
    const stop = follow(
      runTopic(id, {
        after,
        event(event) {
          if (event.id > after()) told.value = [...told.peek(), event];
          paced.ask();
        },
        readAgain: () => paced.ask(),
      }),
    );
    return () => {
      stop();
      paced.close();
    };
  }, [id, isOpen, reading, told]);
  useEnd(run?.status ?? null, run?.error_details?.step ?? null);
  const { value: known, problem: noDefinition } = defined.state.value;
  const definition = known?.definition ?? null;
  useTitle(run === null ? null : `${workflowName({ run, definition })} ${run.status}`);
  useActions([
    { key: "]", name: "Next run of the list", run: () => goBeside(id, "older") },
    { key: "[", name: "Run before in the list", run: () => goBeside(id, "newer") },
    { key: "Escape", name: "Back: close the step, or to the list", run: back },
  ]);
  if (run === null) {
    if (problem === null) return <LoadingRows label="Reading the run" />;
    return <NoRun ids={[id]} problem={problem} again={() => reading.again()} />;
  }
  const shown: ShownRun = {
    ...{ run, definition, isDeleted: known?.isDeleted ?? false, noDefinition, told },
    readDefinition: () => void defined.again(),
    again: () => void reading.again(),
  };
  return (
    <div class="run">
      <Head {...shown} />
      <Why {...shown} />
      <div class="run-split">
        <Tabs {...shown} />
        <Panel {...shown} />
      </div>
    </div>
  );
}

async function goBeside(id: string, direction: "newer" | "older"): Promise<void> {
  const { value: from } = address;
  const found = await neighbour(id, direction);
  if (address.value !== from) return;
  if (found === null) announce("No further run of the list was found");
  else go(`/runs/${found}`);
}

function back(): void {
  go(address.value.query.has("step") ? choose({ step: null, tab: null, item: null }) : listPath());
}

/** Tells who reads by ear when the run ends. */
function useEnd(status: string | null, step: string | null): void {
  const before = useRef(status);
  useEffect(() => {
    const wasOpen = before.current !== null && !hasEnded(before.current);
    before.current = status;
    if (wasOpen && status !== null && hasEnded(status))
      announce(`Run ${status}${step === null ? "" : ` at step ${step}`}`);
  }, [status, step]);
}
