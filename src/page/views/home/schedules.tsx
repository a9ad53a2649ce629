import { hrefOf, pathWith } from "../../address/address.ts";
import { collect } from "../../data/collect.ts";
import { platform } from "../../data/platform.ts";
import { Time } from "../../shared/time/time.tsx";
import { useBeating } from "./beat.ts";
import { Card } from "./card.tsx";

const SHOWN = 5;
const LOOKED_AT = 200;

/** What is started next. */
export function Schedules() {
  const reading = useBeating("next schedules", async (signal) => {
    const { items } = await collect(platform.schedules.list({ signal }), LOOKED_AT);
    const coming = items.flatMap(({ id, workflow_id, next_runs: [at] }) =>
      at === undefined ? [] : [{ id, workflow_id, at }],
    );
    return coming.sort((one, other) => (one.at < other.at ? -1 : 1)).slice(0, SHOWN);
  });
  const { value, problem } = reading.state.value;
  return (
    <Card
      title="Next schedules"
      href={hrefOf("/schedules")}
      count={value?.length ?? null}
      none="No schedule is on"
      problem={problem}
    >
      {value?.map(({ id, workflow_id, at }) => (
        <li key={id}>
          <a class="cut" href={hrefOf(pathWith("/schedules", { schedule: id }))}>
            {id}
          </a>
          <span class="home-side">
            <Time at={at} />
          </span>
          <span class="soft cut home-under">{workflow_id}</span>
        </li>
      ))}
    </Card>
  );
}
