import { bytesOfText, lru } from "../../lru.ts";
import type { RunRepository } from "../../repositories/runs.ts";
import type { Source } from "../../repositories/source.ts";
import { isObject, type Json } from "../../schemas/json/json.ts";
import { MAX_PAGE_BYTES } from "../../schemas/lists/page.ts";
import { parseLog } from "../../schemas/log/log.ts";
import type { RunSummary, SmallProgress, VersionKey } from "../../storage/port.ts";
import { NAMESPACE } from "../namespace.ts";
import { keptSteps } from "./kept-steps.ts";

/** How far a run is: its steps at the top. */
export interface RowProgress {
  total: number;
  ended: number;
  failed: number;
  /** The step that is under way, or that a run failed at; null for none. */
  current: string | null;
}

/** A run in a list; null where its progress, or its definition, is too large to be read for a list. */
export type RunRow = RunSummary & { progress: RowProgress | null };

/** Definitions of some KiB, as names and types alone. */
const KEPT_BYTES = 4 * 1024 * 1024;
/** Definitions that are read at once: each may hold a MiB. */
const READ_AT_ONCE = 10;
const NOT_BEGUN: SmallProgress = { stepResults: null, log: "[]" };

/** Tells how far the runs of a page are, by one read more for all of them, of what is small. */
export class RowProgressReader {
  readonly #runs: Pick<RunRepository, "smallProgress" | "definitionsOf">;
  /** The steps at the top of versions, which never change: their names and types. */
  readonly #steps = lru<Json[]>({ maxBytes: KEPT_BYTES, bytesOf: (steps) => bytesOfText(JSON.stringify(steps)) });

  constructor(runs: Pick<RunRepository, "smallProgress" | "definitionsOf">) {
    this.#runs = runs;
  }

  /** @throws PlatformError storage_unavailable */
  async rowsOf(runs: RunSummary[], source: Source): Promise<RunRow[]> {
    const begun = runs.filter(({ startedAt }) => startedAt !== null);
    const keys = begun.map(({ uuid }) => ({ namespace: NAMESPACE, uuid }));
    const [found, definitions] = await Promise.all([
      keys.length === 0 ? [] : this.#runs.smallProgress(keys, source),
      this.#definitionsOf(runs),
    ]);
    const progress = new Map(begun.map(({ uuid }, index) => [uuid, found[index] ?? null]));
    return runs.map((run) => {
      const steps = definitions.get(nameOf(run));
      const stored = run.startedAt === null ? NOT_BEGUN : (progress.get(run.uuid) ?? null);
      return { ...run, progress: steps === undefined || stored === null ? null : progressOf(run, stored, steps) };
    });
  }

  async #definitionsOf(runs: RunSummary[]): Promise<Map<string, Json[]>> {
    const known = new Map<string, Json[]>();
    const missing = new Map<string, VersionKey>();
    for (const run of runs) {
      const name = nameOf(run);
      const steps = this.#steps.get(name);
      if (steps !== undefined) known.set(name, steps);
      else {
        const { workflowUuid, workflowVersion: version } = run;
        missing.set(name, { namespace: NAMESPACE, workflowUuid, version });
      }
    }
    const unread = [...missing];
    // What is left out once they hold so much is read with the next page.
    for (let bytes = 0; unread.length > 0 && bytes < MAX_PAGE_BYTES; ) {
      const portion = unread.splice(0, READ_AT_ONCE);
      const texts = await this.#runs.definitionsOf(portion.map(([, version]) => version));
      for (const [index, [name]] of portion.entries()) {
        const text = texts[index];
        if (text == null) continue;
        bytes += text.length;
        const { steps }: { steps: Json[] } = JSON.parse(text);
        const slim = steps.map((step) =>
          isObject(step) ? { name: step.name ?? null, type: step.type ?? null } : step,
        );
        this.#steps.set(name, slim);
        known.set(name, slim);
      }
    }
    return known;
  }
}

function nameOf({ workflowUuid, workflowVersion }: RunSummary): string {
  return `${workflowUuid} ${workflowVersion}`;
}

/** Counted as the outline of a run shows its steps. */
function progressOf(run: RunSummary, stored: SmallProgress, definition: Json[]): RowProgress {
  const progress: RowProgress = { total: definition.length, ended: 0, failed: 0, current: null };
  const log = parseLog(stored.log);
  for (const { path, result } of keptSteps({ ...run, stepResults: stored.stepResults }, log, definition)) {
    if (path.includes("/")) continue;
    if (result.status !== "running" && result.status !== "pending") progress.ended++;
    if (result.status === "failed") progress.failed++;
    const isAt = run.completedAt === null ? result.status === "running" : isWhy(run, result);
    if (isAt) progress.current ??= result.step_name;
  }
  return progress;
}

/** Whether a run that failed did so at a step. */
function isWhy({ status }: RunSummary, step: { status: string; handled?: boolean }): boolean {
  return status === "failed" && step.status === "failed" && step.handled !== true;
}
