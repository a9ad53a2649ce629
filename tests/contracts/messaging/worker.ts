/** What the messaging contract and the tests of its adapters share: a worker that does nothing but claim. */
import { newId } from "../../../src/ids.ts";
import type { TriggerConsumer } from "../../../src/messaging/port.ts";
import type { JsonObject } from "../../../src/schemas/json/json.ts";
import type { CompletedEvent, TriggerEvent, Triggered } from "../../../src/schemas/runs/event.ts";
import type { RunKey } from "../../../src/schemas/runs/run.ts";

const PATIENCE_MILLISECONDS = 20_000;

/** A consumer that writes down what it is asked. It holds every run that it claims until it is given room again. */
export class TestWorker implements TriggerConsumer {
  /** Runs of which it was told that something came for them. */
  readonly woken: string[] = [];
  /** What each claim that succeeded named. */
  readonly claims: string[][] = [];
  /** What messages said of the runs that were claimed. */
  readonly told = new Map<string, Triggered["stored"]>();
  /** The namespace with which each run was named last. */
  readonly namespaces = new Map<string, string>();
  /** Claims that named more runs than there was room for: never. */
  readonly tooBig: number[] = [];
  /** What each claim that was rejected named. */
  readonly rejected: string[][] = [];
  /** Rejects claims while set. */
  isOut = false;
  /** Called before each claim; it takes as long as this does. */
  beforeClaim: () => Promise<void> | void = () => {};
  /** Runs that do not exist. */
  readonly missing = new Set<string>();
  #room: number;
  #waiting: RunKey[] = [];

  constructor(room = Number.POSITIVE_INFINITY) {
    this.#room = room;
  }

  /** All runs that were claimed, each as often as it was. */
  get claimed(): string[] {
    return this.claims.flat();
  }

  giveRoom(room: number): void {
    this.#room += room;
    this.#claimWaiting();
  }

  room(): number {
    return this.#room;
  }

  async claim(triggered: Triggered[]): Promise<{ unknown: RunKey[] }> {
    for (const { uuid, stored } of triggered) this.told.set(uuid, stored);
    return this.#claim(triggered);
  }

  async #claim(runs: RunKey[]): Promise<{ unknown: RunKey[] }> {
    const runIds = runs.map(({ uuid }) => uuid);
    for (const { namespace, uuid } of runs) this.namespaces.set(uuid, namespace);
    if (runIds.length > this.#room) this.tooBig.push(runIds.length);
    await this.beforeClaim();
    if (this.isOut) {
      this.rejected.push(runIds);
      throw new Error("the database is out");
    }
    const known = runIds.filter((runId) => !this.missing.has(runId));
    this.#room -= known.length;
    this.claims.push(known);
    return { unknown: runs.filter(({ uuid }) => this.missing.has(uuid)) };
  }

  wake(runs: RunKey[]): void {
    this.woken.push(...runs.map(({ uuid }) => uuid));
  }

  onMessages(runs: RunKey[]): void {
    this.#waiting.push(...runs);
    this.#claimWaiting();
  }

  executeBeforeInsert(): null {
    return null;
  }

  reserve(): null {
    return null;
  }

  #claimWaiting(): void {
    const runs = this.#waiting.splice(0, Math.min(this.#room, this.#waiting.length));
    if (runs.length > 0) this.#claim(runs);
  }
}

export function triggerEvents(count: number, payload: JsonObject = { a: 1 }): TriggerEvent[] {
  const workflow_id = newId(Date.now());
  return Array.from({ length: count }, () => ({
    namespace: "default",
    run_id: newId(Date.now()),
    workflow_id,
    workflow_version: 3,
    traceparent: null,
    payload: JSON.stringify(payload),
    isWake: false,
  }));
}

export function completedEvents(count: number): CompletedEvent[] {
  return triggerEvents(count).map(({ namespace, run_id, workflow_id }) => ({
    namespace,
    run_id,
    workflow_id,
    status: "success",
    error: null,
  }));
}

export function runIdsOf(events: { run_id: string }[]): string[] {
  return events.map(({ run_id }) => run_id);
}

/** Resolves when all of the runs were claimed at least once. */
export async function untilClaimed(worker: TestWorker, runIds: string[]): Promise<void> {
  await until(
    () => missingOf(worker, runIds) === 0,
    () => `${missingOf(worker, runIds)} of ${runIds.length} runs missing`,
  );
}

function missingOf(worker: TestWorker, runIds: string[]): number {
  const claimed = new Set(worker.claimed);
  return runIds.filter((runId) => !claimed.has(runId)).length;
}

/** Resolves once the condition holds. @throws Error saying what is the matter when it takes too long */
export async function until(
  holds: () => boolean | Promise<boolean>,
  matter: () => string,
  milliseconds = PATIENCE_MILLISECONDS,
): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`After ${milliseconds / 1000} s: ${matter()}`);
    await Bun.sleep(10);
  }
}
