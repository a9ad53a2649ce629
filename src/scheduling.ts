/** Fires schedules in a process: put together here, since processes of each kind do it. */
import type { Parts } from "./assemble.ts";
import { graceOf } from "./config/grace.ts";
import { WorkflowRepository } from "./repositories/workflows.ts";
import { DueWork } from "./services/due-work.ts";
import { Preparing } from "./services/preparing.ts";
import { Firing } from "./services/schedules/firing.ts";
import { TriggerEvents } from "./services/trigger-events.ts";

/** What fires ticks of schedules in a process. */
export function schedulerOf({ config, storage, messaging, clock, log }: Parts): DueWork {
  const preparing = new Preparing(new WorkflowRepository(storage, clock));
  const events = new TriggerEvents(messaging, clock, log);
  const firing = new Firing({ storage, preparing, events, clock, log, graceMilliseconds: graceOf(config) });
  return new DueWork(
    { name: "schedules", nextDue: () => storage.schedules.nextDue(), doDue: () => firing.fireDue() },
    clock,
    log,
  );
}
