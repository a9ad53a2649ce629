/** Promises 6 and 7: a broker that is killed and loses its whole log loses no run and no completed event. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Sql } from "postgres";
import { wipeBroker } from "./deployment/broker-log.ts";
import type { Completed } from "./deployment/events.ts";
import { until } from "./load/waiting.ts";
import { rehearse } from "./rehearsal.ts";

const FULL = process.env.TEST_SIZE === "full";
const NAME = "losing Kafka with all that it had loses nothing, and every trigger is answered 200 meanwhile";
const LOSSES = FULL ? 10 : 1;
/** So many triggers are answered 200 before it is lost, while it is away, and once it is back. */
const EACH = FULL ? 400 : 50;
const PER_SECOND = FULL ? 60 : 30;
/** And at least so many events go with it. */
const EVENTS = 20;
const RECOVERS_MS = 60_000;

setDefaultTimeout(FULL ? 1_800_000 : 600_000);

test(NAME, async () => {
  const rehearsal = {
    file: "tests/faults/broker.test.ts",
    name: NAME,
    perSecond: PER_SECOND,
    atLeast: LOSSES * EACH * 3,
  };
  await rehearse(rehearsal, async ({ deployment, load }) => {
    const earlierEvents: Completed[] = [];
    const more = async (when: string) => {
      const enough = load.accepted + EACH;
      await until(`${EACH} more are accepted ${when}`, RECOVERS_MS, () => load.accepted >= enough);
    };
    let sent = 0;
    for (let loss = 0; loss < LOSSES; loss++) {
      await more("with the broker");
      const enough = sent + EVENTS;
      const hasEnough = async () => (await countSent(deployment.sql)) >= enough;
      await until(`${EVENTS} more completed events are with the broker`, RECOVERS_MS, hasEnough);
      sent = await countSent(deployment.sql);
      await deployment.kill("kafka");
      earlierEvents.push(...(await wipeBroker(deployment.folder, `${deployment.name}.completed`)));
      await more("without it");
      await deployment.start("kafka");
      await more("with an empty one");
    }
    expect([...load.refused]).toEqual([]);
    // Else there was nothing to lose.
    expect(earlierEvents.length).toBeGreaterThanOrEqual(LOSSES * EVENTS);
    return {
      faults: `${LOSSES} × kill -9 of the broker and its log wiped, ${earlierEvents.length} events with it`,
      earlierEvents,
    };
  });
});

/** Runs that ended and owe the broker nothing any more. */
async function countSent(sql: Sql): Promise<number> {
  const [row] = await sql<{ sent: number }[]>`select count(*)::integer as sent from workflow_runs
    where completed_at is not null
      and uuid not in (select run_uuid from owed_events union all select run_uuid from run_queue where ended)`;
  return row?.sent ?? 0;
}
