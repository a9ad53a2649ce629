import { isoTime } from "../../src/clock.ts";
import { keyOf } from "../../src/schemas/runs/run.ts";
import type { Storage } from "../../src/storage/port.ts";
import type { HeldRun } from "./held-run.ts";

/** Reads what is known of held runs beside what came with their claim, for definitions that need it. */
export class Facts {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Puts them into the runs. @throws what the storage throws, and Error where a run is not stored */
  async load(held: HeldRun[]): Promise<void> {
    if (held.length === 0) return;
    const found = await this.#storage.findFacts(held.map(({ run }) => keyOf(run)));
    for (const [index, one] of held.entries()) {
      const stored = found[index];
      const { uuid, workflowUuid, workflowVersion } = one.run;
      if (stored == null) throw new Error(`there is no run ${uuid}`);
      one.facts = {
        id: uuid,
        workflow_id: workflowUuid,
        workflow_version: workflowVersion,
        created_at: isoTime(stored.createdAt),
        started_at: isoTime(stored.startedAt),
        parent_run_id: stored.parentRunId,
        root_run_id: stored.rootRunId,
        tags: stored.tags === null ? [] : JSON.parse(stored.tags),
      };
    }
  }
}
