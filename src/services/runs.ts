import type { Clock } from "../clock.ts";
import { PlatformError } from "../errors.ts";
import { isUuid } from "../ids.ts";
import type { RunRepository } from "../repositories/runs.ts";
import type { PageQuery } from "../schemas/lists/page-query.ts";
import { type Awaited, waitingIn } from "../schemas/log/waits.ts";
import type { RunKey } from "../schemas/runs/run.ts";
import type { RunRecord } from "../storage/port.ts";
import { NAMESPACE } from "./namespace.ts";
import { type Page, PageReader } from "./pages.ts";

/** Reads of runs. */
export class RunService {
  readonly #runs: RunRepository;
  readonly #pages: PageReader<RunRecord>;

  constructor(runs: RunRepository, clock: Clock) {
    this.#runs = runs;
    this.#pages = new PageReader("runs", clock, runs);
  }

  /** What names a run whose uuid is known. */
  keyOf(uuid: string): RunKey {
    return { namespace: NAMESPACE, uuid };
  }

  /** @throws PlatformError run_not_found */
  async get(id: string): Promise<RunRecord> {
    const run = isUuid(id) ? await this.#runs.find({ namespace: NAMESPACE, uuid: id.toLowerCase() }) : null;
    if (run === null) throw new PlatformError("run_not_found");
    return run;
  }

  /**
   * The JSON text of the definition that a run runs under, without its names; also where its workflow was deleted.
   *
   * @throws PlatformError run_not_found, version_not_found
   */
  async definition(id: string): Promise<string> {
    const { workflowUuid, workflowVersion: version } = await this.get(id);
    const [text] = await this.#runs.definitionsOf([{ namespace: NAMESPACE, workflowUuid, version }]);
    if (text == null) throw new PlatformError("version_not_found", `version ${version}`);
    return text;
  }

  /** The runs that a run waits for; looked up only where a step of it does. */
  async awaitedBy(run: RunRecord): Promise<Awaited> {
    const isWaiting = waitingIn(run).some(({ kind }) => kind === "child");
    const awaited = isWaiting ? await this.#runs.awaitedBy(run.uuid) : [];
    return new Map(awaited.map(({ path, uuid }) => [path, uuid]));
  }

  /** `readAfter`: see PageReader. */
  list(query: PageQuery, readAfter: string | null): Promise<Page<RunRecord>> {
    return this.#pages.read(query, NAMESPACE, readAfter);
  }
}
