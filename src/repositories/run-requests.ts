import { PlatformError } from "../errors.ts";
import type { ControlRequest, ControlResult } from "../schemas/control/control.ts";
import { keyOf } from "../schemas/runs/run.ts";
import type { InsertedRun, NewRetry, Storage, Unnamed } from "../storage/port.ts";
import { unwrap } from "./outcome.ts";

/** What clients ask of single runs, which is rare. */
export class RunRequests {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Resolves when the run is stored. @throws PlatformError version_not_found, concurrency_limit, storage_unavailable */
  async insertRetry(run: Unnamed<NewRetry>): Promise<InsertedRun> {
    return unwrap((await this.#storage.insertRetries([run]))[0]);
  }

  /**
   * Asks something of a run.
   *
   * @throws PlatformError run_not_found, overloaded where it is claimed and given back again and again, storage_unavailable
   */
  async control(request: ControlRequest): Promise<ControlResult> {
    const [outcome] = await this.#storage.requestControl([request]);
    if (outcome?.kind === "lost") throw new PlatformError("overloaded");
    const result = unwrap(outcome);
    // Others may have waited for its end, which nobody else tells.
    if (result === "cancelled") await this.#storage.takeTurns([keyOf(request)]);
    return result;
  }
}
