import { PlatformError } from "../errors.ts";
import type { RunRequests } from "../repositories/run-requests.ts";
import type { ControlKind, ControlRequest } from "../schemas/control/control.ts";
import type { RunRecord } from "../storage/port.ts";
import { NAMESPACE } from "./namespace.ts";
import type { RunService } from "./runs.ts";
import type { TriggerEvents } from "./trigger-events.ts";

/** What became of a request to a run. */
export interface Controlled {
  uuid: string;
  /** Of the run; `cancelling` or `pausing` while that is still to be done. */
  status: string;
  isDone: boolean;
}

const UNDER_WAY: Record<Exclude<ControlKind, "resume">, string> = { cancel: "cancelling", pause: "pausing" };

/** Ends runs, has them stand still and go on. */
export class ControlService {
  readonly #runs: RunService;
  readonly #requests: RunRequests;
  readonly #events: TriggerEvents;

  constructor(runs: RunService, requests: RunRequests, events: TriggerEvents) {
    this.#runs = runs;
    this.#requests = requests;
    this.#events = events;
  }

  /** @throws PlatformError run_not_found, run_ended unless it ended as cancelled, storage_unavailable, overloaded */
  async cancel(
    id: string,
    { reason, compensates }: Pick<ControlRequest, "reason" | "compensates">,
  ): Promise<Controlled> {
    const said = { ...(reason !== undefined && { reason }), ...(compensates !== undefined && { compensates }) };
    return this.#ask(id, "cancel", said);
  }

  /** @throws PlatformError run_not_found, run_ended, run_cancelling, storage_unavailable, overloaded */
  pause(id: string): Promise<Controlled> {
    return this.#ask(id, "pause");
  }

  /** Lets a run go on; one that is not paused does anyway. @throws PlatformError run_not_found, run_ended, storage_unavailable, overloaded */
  resume(id: string): Promise<Controlled> {
    return this.#ask(id, "resume");
  }

  async #ask(id: string, kind: ControlKind, said: Partial<ControlRequest> = {}): Promise<Controlled> {
    const run = await this.#runs.get(id);
    if (run.completedAt !== null) return endedAs(run, kind);
    const { uuid } = run;
    const result = await this.#requests.control({ namespace: NAMESPACE, uuid, kind, ...said });
    if (result === "over") return endedAs(await this.#runs.get(id), kind);
    if (result === "refused") throw new PlatformError("run_cancelling");
    // Its end may be what another run waits for.
    if (result !== "paused") this.#events.wake({ ...run, namespace: NAMESPACE });
    if (result === "requested" && kind !== "resume") return { uuid, status: UNDER_WAY[kind], isDone: false };
    const { status } = result === "resumed" ? await this.#runs.get(id) : { status: result };
    return { uuid, status, isDone: true };
  }
}

/** The answer about a run that was over: the same again where it was cancelled. @throws PlatformError run_ended */
function endedAs({ uuid, status }: RunRecord, kind: ControlKind): Controlled {
  if (kind !== "cancel" || status !== "cancelled") throw new PlatformError("run_ended");
  return { uuid, status, isDone: true };
}
