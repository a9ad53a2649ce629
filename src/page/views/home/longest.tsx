import { hrefOf } from "../../address/address.ts";
import { platform } from "../../data/platform.ts";
import { Took } from "../../shared/time/time.tsx";
import { useBeating } from "./beat.ts";
import { Card } from "./card.tsx";

const SHOWN = 5;

/** The oldest runs that are not over. */
export function Longest() {
  const reading = useBeating("longest", (signal) =>
    platform.runs.page({ status: "running", order: "asc" }, { limit: SHOWN, signal }),
  );
  const { value, problem } = reading.state.value;
  return (
    <Card
      title="Longest running"
      href={hrefOf("/runs?status=running&order=asc")}
      count={value?.items.length ?? null}
      none="Nothing is running"
      problem={problem}
    >
      {value?.items.map(({ uuid, workflow, started_at, created_at, wake_at }) => (
        <li key={uuid}>
          <a class="cut" href={hrefOf(`/runs/${uuid}`)}>
            {workflow.name ?? workflow.id ?? uuid}
          </a>
          <span class="home-side">
            <Took from={started_at ?? created_at} to={null} isOpen />
          </span>
          {wake_at !== undefined && <span class="soft home-under">asleep</span>}
        </li>
      ))}
    </Card>
  );
}
