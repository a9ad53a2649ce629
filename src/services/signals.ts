import type { Clock } from "../clock.ts";
import { PlatformError, ValidationFailed } from "../errors.ts";
import { newId } from "../ids.ts";
import { type AwaitedSignals, awaitedSignals, faultsOfSignal } from "../language/signals.ts";
import { lru } from "../lru.ts";
import type { Messaging } from "../messaging/port.ts";
import type { RunRepository } from "../repositories/runs.ts";
import type { Json } from "../schemas/json/json.ts";
import { waitingIn } from "../schemas/log/waits.ts";
import { nameOfVersion } from "../schemas/runs/run.ts";
import type { NewSignal, RequestKey, RunRecord, SentSignal } from "../storage/port.ts";
import { NAMESPACE } from "./namespace.ts";
import type { RunService } from "./runs.ts";
import type { TriggerEvents } from "./trigger-events.ts";

/** Of a body as JSON text. */
const MAX_BODY_BYTES = 256 * 1024;
const MAX_KNOWN_BYTES = 4 * 1024 * 1024;

export interface SignalParts {
  runs: RunService;
  repository: RunRepository;
  events: TriggerEvents;
  messaging: Pick<Messaging, "reserve">;
  clock: Clock;
}

/** Sends signals to runs. */
export class SignalService {
  readonly #runs: RunService;
  readonly #repository: RunRepository;
  readonly #events: TriggerEvents;
  readonly #messaging: Pick<Messaging, "reserve">;
  readonly #clock: Clock;
  /** By the version of a workflow. */
  readonly #awaited = lru<AwaitedSignals>({
    maxBytes: MAX_KNOWN_BYTES,
    bytesOf: ({ names, schemas }) => 50 + 2 * JSON.stringify([...names, ...schemas.values()]).length,
  });

  constructor({ runs, repository, events, messaging, clock }: SignalParts) {
    this.#runs = runs;
    this.#repository = repository;
    this.#events = events;
    this.#messaging = messaging;
    this.#clock = clock;
  }

  /**
   * Puts a signal into the inbox of a run. It is on disk then.
   *
   * @param key of a request that may be repeated, stored with it; null without one
   * @returns null where another request had the key first: then nothing is stored
   * @throws PlatformError run_not_found, run_ended, signal_too_large, too_many_signals, overloaded, storage_unavailable
   * @throws ValidationFailed for a name that no step of the workflow can wait for
   */
  async send(runId: string, name: string, body: Json, key: RequestKey | null): Promise<SentSignal | null> {
    const run = await this.#runs.get(runId);
    if (run.completedAt !== null) throw new PlatformError("run_ended");
    await this.#check(run, name, body);
    const text = JSON.stringify(body);
    if (Buffer.byteLength(text) > MAX_BODY_BYTES) throw new PlatformError("signal_too_large");
    const waiting = waitingIn(run)
      .filter(({ signals = [] }) => signals.includes(name))
      .map(({ until }) => (until === undefined ? null : Date.parse(until)));
    const own = { namespace: NAMESPACE, uuid: run.uuid, id: newId(this.#clock.now()), name, waiting, body: text };
    return this.#put(run, key === null ? own : { ...own, requestKey: key });
  }

  /** A run that somebody waits for may go on with the write of the signal, in a worker of this process that has room. */
  async #put(run: RunRecord, signal: NewSignal): Promise<SentSignal | null> {
    const reservation = signal.waiting.length > 0 ? this.#messaging.reserve() : null;
    try {
      const claim = reservation?.claim ? { claim: reservation.claim } : {};
      const { workflowUuid, sent, isTaken, claimed } = await this.#repository.putSignal({ ...signal, ...claim });
      if (isTaken) return null;
      if (claimed !== undefined) reservation?.woken(claimed);
      else this.#events.wake({ ...run, namespace: NAMESPACE, workflowUuid });
      return sent;
    } finally {
      reservation?.release();
    }
  }

  async #check(run: RunRecord, name: string, body: Json): Promise<void> {
    const places = { name: ["path", "name"], body: ["body"] };
    const faults = faultsOfSignal(await this.#awaitedBy(run), { name, body }, places);
    if (faults.length > 0) throw new ValidationFailed(faults);
  }

  async #awaitedBy({ workflowUuid, workflowVersion: version }: RunRecord): Promise<AwaitedSignals> {
    const key = { namespace: NAMESPACE, workflowUuid, version };
    const known = this.#awaited.get(nameOfVersion(key));
    if (known !== undefined) return known;
    const steps = await this.#repository.stepsOf(key);
    const awaited =
      steps === null ? { names: new Set<string>(), schemas: new Map(), isOpen: true } : awaitedSignals(steps);
    this.#awaited.set(nameOfVersion(key), awaited);
    return awaited;
  }
}
