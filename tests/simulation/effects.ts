/** When effects of simulated runs may begin. */
import type { Step } from "../../src/language/definition/step.ts";
import { CANCELLED } from "../../src/schemas/log/interrupted.ts";
import { keptOf } from "../../src/schemas/log/kept.ts";
import { type LogEntry, parseLog } from "../../src/schemas/log/log.ts";
import type { RunRecord } from "../../src/storage/port.ts";
import { stepsBefore } from "./steps.ts";

/** The effects that began, and the rules for the next. */
export class Effects {
  /** Their paths, by run. */
  readonly #begun = new Map<string, Set<string>>();

  /** An effect of a run begins; gives what is wrong with that, as the run is stored. */
  begun({ uuid, log }: RunRecord, path: string, steps: readonly Step[]): string[] {
    const entries = parseLog(log).flatMap((entry) => keptOf(entry)?.flat() ?? [entry]);
    const faults: string[] = [];
    if (!path.endsWith("/u") && entries.some(isHalt)) faults.push("after the run was cancelled");
    const persisted = new Set(entries.flatMap(([at, { status }]) => (status === "running" ? [] : [at])));
    // For good: an attempt that is repeated has a time. The end of one that is handled is made again from its failure.
    const failed = new Set(
      entries.flatMap(([at, { error }, wakeAt]) => (error === null || wakeAt !== null ? [] : [at])),
    );
    if (persisted.has(path)) faults.push("again after its result was persisted");
    const begun = this.#begun.get(uuid) ?? new Set();
    this.#begun.set(uuid, begun);
    for (const { before, isHandled } of stepsBefore(steps, path)) {
      for (const effect of begun) {
        const isOfHandler = effect.startsWith(`${before}/c`);
        const isInside = effect.startsWith(`${before}/`) || effect.startsWith(`${before}~`);
        const isOfIt = effect === before || (isInside && !(isHandled && isOfHandler));
        if (isOfIt && !persisted.has(effect) && !failed.has(effect)) {
          faults.push(`before the result of ${effect} was persisted`);
        }
      }
    }
    begun.add(path);
    return faults;
  }
}

/** Whether an entry says that its run was cancelled. */
function isHalt([path, { error }]: LogEntry): boolean {
  return !path.includes("/") && error === CANCELLED.error;
}
