import { useEffect } from "preact/hooks";
import { address } from "../../address/address.ts";
import { outage } from "../../data/outage.ts";
import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { useWalk } from "../../keys/walk.ts";
import { follow } from "../../live/live.ts";
import { askedTopic } from "../../live/topic.ts";
import { Failed } from "../../shared/states/states.tsx";
import { beat, useBeating } from "./beat.ts";
import { Failing } from "./failing/failing.tsx";
import { FirstSteps } from "./first-steps.tsx";
import { HomeLoading } from "./home-loading.tsx";
import { Longest } from "./longest.tsx";
import { Numbers } from "./numbers.tsx";
import { Parts } from "./parts.tsx";
import { Schedules } from "./schedules.tsx";
import { WaitingFor } from "./waiting-for.tsx";
import { windowOf } from "./window.ts";

/** Is it well, what failed, what waits for somebody. Nothing here counts rows: each part is a small read of its own. */
export function Home() {
  const { query } = address.value;
  const window = windowOf(query);
  const newest = useReading("newest run", (signal) => platform.runs.page({}, { limit: 1, signal }));
  const stats = useReading(`stats ${window}`, (signal) => platform.stats(window, { signal }));
  const system = useBeating("system", (signal) => platform.system({ signal }));
  useWalk(".home-card li a", "entry");
  useEffect(() => {
    const again = () => {
      stats.refresh();
      beat.value++;
      if (newest.state.peek().value?.items.length === 0) newest.again();
    };
    return follow(askedTopic(`home ${window}`, again));
  }, [window, stats, newest]);
  const { value, problem } = newest.state.value;
  return (
    <div class="page-pad home">
      <h1 class={value?.items.length === 0 ? undefined : "sr-only"}>Home</h1>
      {value === null && problem === null && <HomeLoading />}
      {value === null && problem !== null && <Failed problem={problem} again={() => newest.again()} />}
      {value !== null && value.items.length === 0 && <FirstSteps />}
      {value !== null && value.items.length > 0 && (
        <div class={outage.value === null ? undefined : "is-old"}>
          <Numbers state={stats.state.value} queue={system.state.value.value?.queue ?? null} window={window} />
          <div class="home-cards">
            <Failing state={stats.state.value} window={window} />
            <WaitingFor />
            <Longest />
            <Schedules />
          </div>
          <Parts state={system.state.value} />
        </div>
      )}
    </div>
  );
}
