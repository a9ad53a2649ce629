import { useMemo } from "preact/hooks";
import { address, choose, go, hrefOf, pathWith } from "../../address/address.ts";
import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { Drawing } from "../../shared/drawing/drawing.tsx";
import { countOf, stepsOf } from "../../shared/drawing/steps.ts";
import { inputFieldOf } from "../../shared/form/fields.ts";
import { NotRead } from "../../shared/states/states.tsx";
import { durationText } from "../../shared/time/format.ts";
import { Time } from "../../shared/time/time.tsx";
import { ChosenStep } from "./chosen-step.tsx";
import type { TabProps } from "./tab.ts";

/** What it is: in words, drawn, and what it asks for. */
export function Overview({ workflow }: TabProps) {
  const { uuid, name, description, updated_at, tags, managed_by } = workflow;
  const steps = useMemo(() => stepsOf(workflow), [workflow]);
  const selected = address.value.query.get("step");
  return (
    <div class="overview">
      <section class="overview-drawing" aria-label="Drawing">
        <Drawing
          steps={steps}
          selected={selected}
          onSelect={({ path }) => go(choose({ step: path }))}
          label={`Steps of ${name}`}
        />
      </section>
      <aside class="overview-facts">
        {selected !== null && <ChosenStep workflow={workflow} steps={steps} path={selected} />}
        {description !== null && description !== undefined && <p class="overview-description">{String(description)}</p>}
        <dl class="facts">
          <dt>Changed</dt>
          <dd>
            <Time at={updated_at} />
          </dd>
          <dt>Steps</dt>
          <dd class="number">{countOf(steps).toLocaleString("en")}</dd>
          <Numbers uuid={uuid} />
          {Array.isArray(tags) && tags.length > 0 && (
            <>
              <dt>Tags</dt>
              <dd>{tags.join(", ")}</dd>
            </>
          )}
          {typeof managed_by === "string" && (
            <>
              <dt>Source</dt>
              <dd>{managed_by}</dd>
            </>
          )}
        </dl>
        <InputFields input={workflow.input} />
      </aside>
    </div>
  );
}

function Numbers({ uuid }: { uuid: string }) {
  const reading = useReading("numbers", (signal) => platform.stats("24h", { signal }));
  const { value, problem } = reading.state.value;
  const own = value?.workflows.find((one) => one.uuid === uuid);
  if (value === null)
    return problem === null ? null : (
      <>
        <dt>Last 24 h</dt>
        <dd>
          <NotRead what="The numbers" problem={problem} again={() => reading.again()} />
        </dd>
      </>
    );
  const link = (status: string, count: number) => (
    <a href={hrefOf(pathWith("/runs", { workflow: uuid, status, from: "-24h" }))}>
      {count.toLocaleString("en")} {status}
    </a>
  );
  return (
    <>
      <dt>Last 24 h</dt>
      <dd class="number">
        {own === undefined ? (
          <span class="soft">none ended, or too few to be counted apart</span>
        ) : (
          <>
            {link("success", own.success)}, {link("failed", own.failed)}
            {own.took && (
              <span class="soft">
                , p50 {durationText(own.took.p50_seconds * 1000)}, p95 {durationText(own.took.p95_seconds * 1000)}
              </span>
            )}
          </>
        )}
      </dd>
    </>
  );
}

/** What a payload has to have. */
function InputFields({ input }: { input: unknown }) {
  const { fields, required } = inputFieldOf(input);
  if (fields.length === 0) return null;
  return (
    <section>
      <h2>Input</h2>
      <dl class="facts">
        {fields.map(([key, { kind, schema: part }]) => (
          <>
            <dt key={key}>
              <code>{key}</code>
            </dt>
            <dd>
              {kind.replaceAll("-", " ")}
              {required.includes(key) && <span class="soft"> · required</span>}
              {part.default !== undefined && <span class="soft"> · {JSON.stringify(part.default)} if left out</span>}
              {part.description !== undefined && <span class="overview-about soft">{part.description}</span>}
            </dd>
          </>
        ))}
      </dl>
    </section>
  );
}
