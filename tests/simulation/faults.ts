/** What goes wrong in the simulated world. */
import type { StepTypes } from "../../src/connectors/index.ts";
import { LEASE_MILLISECONDS, SimulatedWorker } from "./worker.ts";
import type { World } from "./world.ts";

const KINDS = ["crash", "freeze", "restart", "cut", "jump"] as const;
const FAULTS = 8;

/** The workers of a world, in whose places others come when they are gone. */
export interface Workers {
  world: World;
  types: StepTypes;
  at: SimulatedWorker[];
}

export function openWorker(workers: Workers, index: number, name = `w${index}`): void {
  const { world, types, at } = workers;
  at[index] = new SimulatedWorker(name, world, types, () => replaceLater(workers, index, name));
}

function replaceLater(workers: Workers, index: number, name: string): void {
  const { scheduler, random } = workers.world;
  scheduler.after(random.below(3000), () => openWorker(workers, index, `${name}'`));
}

/** Crashes, freezes and partitions beyond the lease, orderly restarts and clocks that are set, until the world calms down. */
export function scheduleFaults(workers: Workers, end: number): void {
  const { world } = workers;
  const { random, scheduler, counts } = world;
  scheduler.after(end, () => {
    world.faulty = false;
  });
  for (let fault = 0; fault < FAULTS; fault++) {
    scheduler.after(random.below(end), () => {
      const index = random.below(workers.at.length);
      const worker = workers.at[index];
      if (worker === undefined) return;
      const restart = () => replaceLater(workers, index, worker.name);
      const kind = random.pick(KINDS);
      world.note(`${kind} ${worker.name}`);
      if (kind === "crash") {
        counts.crashes++;
        worker.crash();
        restart();
      } else if (kind === "freeze") {
        counts.freezes++;
        worker.clock.freeze(random.below(2 * LEASE_MILLISECONDS));
      } else if (kind === "restart") {
        counts.restarts++;
        worker.stop(restart);
      } else if (kind === "cut") {
        counts.cuts++;
        worker.connection.cut(2000 + random.below(2 * LEASE_MILLISECONDS));
      } else {
        counts.jumps++;
        worker.clock.jump(random);
      }
    });
  }
}
