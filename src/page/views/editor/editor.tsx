import { useEffect, useMemo, useState } from "preact/hooks";
import { address } from "../../address/address.ts";
import { definitionText } from "../../data/authored.ts";
import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { NoWorkflow } from "../../shared/states/no-workflow.tsx";
import { LoadingRows } from "../../shared/states/states.tsx";
import { useTitle } from "../../title.ts";
import type { ViewProps } from "../../view.ts";
import { draftOf } from "./drafts.ts";
import { templateText } from "./templates.ts";
import { TextState } from "./text-state.ts";
import { Workbench } from "./workbench.tsx";

/** A new workflow. */
export function NewWorkflow() {
  const [times, setTimes] = useState(0);
  const state = useMemo(
    () => new TextState("new", { text: templateText(address.peek().query.get("template")), version: null }),
    [times],
  );
  useEffect(() => () => state.close(), [state]);
  useTitle("New workflow");
  return (
    <Workbench
      key={times}
      {...{ state, name: "New workflow", newest: null, managedBy: null }}
      onDiscarded={() => setTimes(times + 1)}
    />
  );
}

/** A workflow that is there: the draft of it, else the version that is chosen, else the newest. */
export function EditWorkflow({ params: { ref = "" } }: ViewProps) {
  const version = Number(address.value.query.get("version")) || null;
  const reading = useReading(`edit ${ref} ${version}`, async (signal) => {
    const newest = await platform.workflows.get(ref, { signal });
    const wanted = draftOf(newest.uuid)?.version ?? version;
    const isOld = wanted !== null && wanted !== newest.version;
    const base = isOld ? await platform.workflows.get(ref, { signal, version: wanted }) : newest;
    return { newest, base };
  });
  const { value, problem } = reading.state.value;
  const state = useMemo(() => {
    if (value === null) return null;
    const { newest, base } = value;
    const saved = { text: definitionText(newest), version: newest.version };
    // A draft is of the version that it began with; any other version that is chosen is to become the newest.
    if (draftOf(newest.uuid) === null) return new TextState(newest.uuid, saved, definitionText(base));
    return new TextState(newest.uuid, { text: definitionText(base), version: base.version });
  }, [value]);
  useEffect(() => () => state?.close(), [state]);
  useTitle(value === null ? null : `Edit ${value.newest.name}`);
  if (value === null || state === null) {
    return (
      <div class="page-pad">
        {problem === null ? (
          <LoadingRows label="Loading the definition" />
        ) : (
          <NoWorkflow id={ref} problem={problem} again={() => reading.again()} />
        )}
      </div>
    );
  }
  const { name, version: newest, managed_by } = value.newest;
  return (
    <Workbench
      key={reading.state.value.at}
      {...{ state, name, newest }}
      managedBy={typeof managed_by === "string" ? managed_by : null}
      onDiscarded={() => void reading.again()}
    />
  );
}
