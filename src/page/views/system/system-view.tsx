import type { System } from "../../../schemas/system.ts";
import { hrefOf, root } from "../../address/address.ts";
import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { useAsked } from "../../live/asked.ts";
import { boundedText } from "../../shared/bounded.ts";
import { Unread } from "../../shared/states/states.tsx";
import { durationText } from "../../shared/time/format.ts";
import { Time } from "../../shared/time/time.tsx";
import { Fact, Facts } from "./facts.tsx";
import { PartRow } from "./part-row.tsx";
import { Apis, Workers } from "./processes.tsx";

/** How the installation is, for who runs it. Nothing of it is needed to use the rest. */
export function SystemView() {
  const reading = useReading("system", (signal) => platform.system({ signal }));
  const { value } = reading.state.value;
  useAsked("system", reading);
  return (
    <div class="page-pad">
      <div class="view-head">
        <h1>System</h1>
      </div>
      <Unread reading={reading} rows={6} label="Loading how it is" />
      {value !== null && <Shown system={value} />}
    </div>
  );
}

function Shown({ system }: { system: System }) {
  const { parts, breakers, out, queue, workers, apis, limits } = system;
  return (
    <>
      {out !== null && (
        <p class="problem" role="alert">
          It can't do its work: {out} is out.
        </p>
      )}
      <div class="cards system-cards">
        <section class="card" aria-labelledby="system-parts">
          <h2 id="system-parts">Services</h2>
          <ul class="parts">
            {Object.entries(parts).map(([name, state]) => (
              <PartRow key={name} name={name} state={state} breaker={breakers[name]} />
            ))}
          </ul>
          {Object.entries(breakers).some(([name]) => !(name in parts)) && (
            <ul class="parts">
              {Object.entries(breakers)
                .filter(([name]) => !(name in parts))
                .map(([name, breaker]) => (
                  <PartRow key={name} name={`breaker of ${name}`} state={null} breaker={breaker} />
                ))}
            </ul>
          )}
          {system.dead_letters !== null && (
            <Facts>
              <Fact
                name="Messages put aside, since no worker could take them"
                value={system.dead_letters.toLocaleString("en")}
              />
            </Facts>
          )}
        </section>
        <section class="card" aria-labelledby="system-queue">
          <h2 id="system-queue">What waits</h2>
          {queue === null ? (
            <p class="soft">The database can't be asked.</p>
          ) : (
            <Facts>
              <Fact name="Held by workers" value={queue.running.toLocaleString("en")} />
              <Fact name="Due now" value={boundedText(queue.due)} />
              <Fact name="The first of them is late by" value={durationText(queue.oldest_due_seconds * 1000)} />
              <Fact name="Asleep, or waiting with a time limit" value={boundedText(queue.asleep)} />
              <Fact name="Waiting without one, for a signal or a run" value={boundedText(queue.waiting)} />
              <Fact name="In line, for their turn" value={boundedText(queue.in_line)} />
              <Fact name="Paused" value={boundedText(queue.paused)} />
            </Facts>
          )}
          <p class="card-foot">
            <a href={hrefOf("/runs?status=running,pending,paused")}>Runs under way</a>
          </p>
        </section>
        <section class="card" aria-labelledby="system-workers">
          <h2 id="system-workers">Workers</h2>
          <Workers workers={workers} />
        </section>
        <section class="card" aria-labelledby="system-apis">
          <h2 id="system-apis">Processes of the API</h2>
          <Apis apis={apis} />
        </section>
        <section class="card" aria-labelledby="system-limits">
          <h2 id="system-limits">Limits</h2>
          <Facts>
            <Fact
              name="Runs that are over are kept"
              value={limits.retention_days === 0 ? "for ever" : `${limits.retention_days} days`}
            />
            <Fact name="A silent worker loses its runs after" value={durationText(limits.lease_seconds * 1000)} />
            <Fact name="Steps at the top of a definition" value={limits.steps.toLocaleString("en")} />
            <Fact name="Requests that wait, of a process" value={limits.waiting_requests.toLocaleString("en")} />
          </Facts>
        </section>
        <section class="card" aria-labelledby="system-build">
          <h2 id="system-build">The process that answers</h2>
          <Facts>
            <Fact name="Version" value={system.version} />
            <Fact name="Mode" value={system.mode} />
            <Fact name="Since" value={<Time at={system.started_at} />} />
            <Fact name="Its timers are late by" value={durationText(system.event_loop_ms)} />
            <Fact name="Licence" value={system.license} />
          </Facts>
          <p class="card-foot">
            <a href={new URL("docs", root).href}>API</a>
            <a href={new URL("docs/operations.md", root).href}>Operations</a>
            <a href={new URL("llms.txt", root).href}>Documents</a>
          </p>
        </section>
      </div>
    </>
  );
}
