import { PlatformError } from "../../src/errors.ts";
import { idFloor } from "../../src/ids.ts";
import type { InsertedRun, NewRun, ProgressBeforeInsert } from "../../src/storage/port.ts";
import type { Connection } from "./connection.ts";
import type { SimulatedWorker } from "./worker.ts";
import { PURE, SHORT, type Workload } from "./workloads.ts";
import { keyOf, type World } from "./world.ts";

const TRIGGERS = 12;

/** Triggers at random times, each with a message that may be lost, late, doubled, or for the wrong worker. */
export function scheduleTriggers(
  world: World,
  workers: SimulatedWorker[],
  workloads: readonly Workload[],
  { api, span }: { api: Connection; span: number },
): Map<string, Workload> {
  const { random, scheduler } = world;
  // A worker knows workflows by the reference that triggers use.
  const byUuid = random.chance(0.5);
  // Runs are executed before their insert from the third of their workflow on.
  const favourite = random.pick([PURE, random.pick(SHORT)]);
  const expected = world.workloads;
  for (let index = 0; index < TRIGGERS; index++) {
    const workload = random.chance(0.5) ? favourite : random.pick(random.chance(0.5) ? SHORT : workloads);
    const wait = random.below(span);
    // Of its time: a worker takes runs from before its begin in another way.
    const id = `${idFloor(scheduler.time + wait).slice(0, -4)}${index.toString(16).padStart(4, "0")}`;
    expected.set(id, workload);
    scheduler.after(wait, () => {
      world.note(`trigger ${id} ${workload.id}`);
      const payload = JSON.stringify({ n: index });
      const owner = random.pick(workers);
      const reservation = random.chance(0.7) ? owner.reserve() : null;
      const coming: NewRun = {
        uuid: id,
        namespace: "default",
        workflow: byUuid ? world.uuidOf(workload) : workload.id,
        payload,
        depth: 0,
        traceparent: null,
        graceMilliseconds: 2000,
        claim: reservation?.claim ?? null,
        mayEndBefore: reservation !== null,
        progress: null,
        ...(workload.turn && {
          turn: workload.turn,
          preparedFor: { workflowUuid: world.uuidOf(workload), version: 1 },
        }),
      };
      const store = once(async (progress: ProgressBeforeInsert | null) => {
        const inserted = await insert(world, api, { ...coming, progress });
        if (inserted.ended) world.counts.beforeInsert++;
        if (reservation === null) return;
        // A repeated insert may find a run that others have ended.
        const ended = inserted.ended ? progress : null;
        // The process may be gone, or stopped for a while, before it hears of it.
        const heard = () => reservation.stored(coming, inserted, ended);
        scheduler.after(random.below(5), () => owner.clock.deliver(heard));
      });
      if (reservation !== null) owner.executeBeforeInsert(coming)?.then(store);
      // Without a worker, or one that answers in time: the client would ask another process.
      scheduler.after(reservation === null ? 0 : 100, () => store(null));
      if (random.chance(0.2)) world.counts.lostMessages++;
      else send();
      if (random.chance(0.2)) send();
      function send(): void {
        scheduler.after(random.below(random.chance(0.2) ? 10_000 : 20), () => {
          const stored = random.chance(0.3)
            ? null
            : { version: random.chance(0.1) ? 2 : 1, payload, traceparent: null };
          if (stored !== null && random.chance(0.1)) stored.payload = JSON.stringify({ n: -1 });
          const named = random.chance(0.1) ? random.pick(workloads) : workload;
          const workflowId = world.uuidOf(named);
          random.pick(workers).message({ ...keyOf(id), workflowId, stored, isWake: false });
        });
      }
    });
  }
  return expected;
}

/** Stores a run, asking again until that is answered. */
async function insert(world: World, api: Connection, run: NewRun): Promise<InsertedRun> {
  let isStored = false;
  for (;;) {
    try {
      const [outcome] = await api.call("insert", async () => {
        const outcomes = await world.storage.insertRuns([run]);
        const [first] = outcomes;
        if (!isStored && first?.kind === "ok" && first.value.claimed) world.claimed([{ ...keyOf(run.uuid), token: 1 }]);
        if (!isStored) world.turns.stored(run.uuid);
        isStored = true;
        return outcomes;
      });
      if (outcome?.kind !== "ok") throw new Error(`the simulation's insert of ${run.uuid} failed`);
      return outcome.value;
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
    }
  }
}

/** The same, the first time that it is called. */
function once<Argument>(work: (argument: Argument) => void): (argument: Argument) => void {
  let done = false;
  return (argument) => {
    if (!done) work(argument);
    done = true;
  };
}
