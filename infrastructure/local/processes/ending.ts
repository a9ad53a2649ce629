import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { allDone, endPart, type PartRecord, recordsIn } from "./parts.ts";
import { outsideOf } from "./unprivileged.ts";

/** What ends first, and what ends together: nobody loses what it needs to end in good order. */
const STAGES = [/^prometheus$|-exporter$/, /^nginx$/, /^api-/, /^worker-/, /^pgbouncer$/, /^replica$/, /./];

/** Ends everything that was started in a folder, and gives back what that was. */
export async function endAll(folder: string): Promise<PartRecord[]> {
  const records = recordsIn(folder);
  for (const stage of STAGES.keys()) {
    await allDone(records.filter((record) => stageOf(record) === stage).map((record) => endPart(folder, record)));
  }
  return records;
}

/** Sorts what was started in the order in which it starts. */
export function inOrder(records: PartRecord[]): PartRecord[] {
  return records.toSorted((one, other) => stageOf(other) - stageOf(one) || one.name.localeCompare(other.name));
}

/** Removes what the ended parts of a folder leave, but for the lock, which others may wait for. */
export function removeData(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name !== "lock") rmSync(join(folder, name), { recursive: true });
  }
  rmSync(outsideOf(folder), { recursive: true, force: true });
}

function stageOf({ name }: PartRecord): number {
  return STAGES.findIndex((stage) => stage.test(name));
}
