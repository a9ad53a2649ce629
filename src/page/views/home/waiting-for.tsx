import { hrefOf } from "../../address/address.ts";
import { platform } from "../../data/platform.ts";
import { Took } from "../../shared/time/time.tsx";
import { useBeating } from "./beat.ts";
import { Card } from "./card.tsx";

const SHOWN = 5;

/** The steps that have waited longest for a signal. */
export function WaitingFor() {
  const reading = useBeating("waiting for somebody", (signal) => platform.runs.waiting({ limit: SHOWN, signal }));
  const { value, problem } = reading.state.value;
  const steps = value?.items.flatMap((run) => run.waits.map((wait) => ({ run, wait }))).slice(0, SHOWN) ?? null;
  return (
    <Card
      title="Waiting for somebody"
      href={hrefOf("/waiting")}
      count={steps?.length ?? null}
      none="Nobody has to answer"
      problem={problem}
    >
      {steps?.map(({ run, wait: { address, since, signals } }) => (
        <li key={`${run.uuid} ${address}`}>
          <a class="cut" href={hrefOf(`/runs/${run.uuid}?step=${encodeURIComponent(address)}`)}>
            {run.workflow.name ?? run.workflow.id ?? run.uuid}
          </a>
          <span class="home-side">
            <Took from={since} to={null} isOpen />
          </span>
          <span class="soft cut home-under">
            step {address} waits for {signals.join(" or ")}
          </span>
        </li>
      ))}
    </Card>
  );
}
