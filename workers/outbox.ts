import type { Logger } from "pino";
import { Coalescer } from "../src/batching/coalescer.ts";
import type { Clock } from "../src/clock.ts";
import { messageOf } from "../src/errors.ts";
import { failpoint } from "../src/failpoints.ts";
import type { Messaging } from "../src/messaging/port.ts";
import { completedEvents } from "../src/metrics/table.ts";
import type { CompletedEvent } from "../src/schemas/runs/event.ts";
import type { Storage } from "../src/storage/port.ts";
import { RecentKeys } from "./recent.ts";

const MAX_PER_SWEEP = 500;
const SWEEP_MILLISECONDS = 5000;
/** A message for each run would be most of what a broker has to do at a hundred runs a second. */
const GATHER_MILLISECONDS = 50;
/** Events that were sent are gathered for so long before that is written: less than the time until they are sent again. */
const SENT_MILLISECONDS = 250;

/** An event that the broker refuses is sent again after so long, since it is owed until it is accepted. */
const REFUSED_MILLISECONDS = 5 * 60_000;

const sentEvents = completedEvents.of({ outcome: "sent" });
const refusedEvents = completedEvents.of({ outcome: "refused" });

export interface CompletedEventsOptions {
  storage: Storage;
  messaging: Messaging;
  clock: Clock;
  log: Logger;
}

/** Sends an event for every run that ended, at least once: right away if possible, else later by the row that owes it. */
export class Outbox {
  readonly #options: CompletedEventsOptions;
  readonly #events: Coalescer<CompletedEvent, true>;
  #cancelTimer: () => void = () => {};
  #sweeping: Promise<void> = Promise.resolve();
  #stopped = false;
  #underWay = 0;
  #onIdle: () => void = () => {};
  /** Runs whose event the broker refuses. */
  readonly #refused: RecentKeys;
  /** Runs whose event is sent and still owed. */
  #sent: string[] = [];
  #writing: Promise<void> = Promise.resolve();
  #cancelWrite: (() => void) | null = null;

  constructor(options: CompletedEventsOptions) {
    this.#options = options;
    this.#refused = new RecentKeys(options.clock, REFUSED_MILLISECONDS);
    this.#events = new Coalescer({
      name: "completed_events",
      flushes: 1,
      gatherMilliseconds: GATHER_MILLISECONDS,
      clock: options.clock,
      sizeOf: ({ error }) => 200 + (error?.length ?? 0),
      flush: async (events) => {
        await this.#send(events);
        return events.map(() => true);
      },
    });
  }

  /** A run ended. An event that can't be sent now is owed until it can. */
  add(event: CompletedEvent): void {
    if (this.#options.storage.owedEvents === null) return;
    this.#underWay++;
    this.#events
      .add(event)
      .catch((error: unknown) => {
        this.#options.log.debug({ run_id: event.run_id, error: messageOf(error) }, "completed event not sent yet");
      })
      .finally(() => {
        this.#underWay--;
        if (this.#underWay === 0) this.#onIdle();
      });
  }

  /** Starts looking for events that are owed. */
  start(): void {
    if (this.#options.storage.owedEvents === null) return;
    const again = () => {
      this.#sweeping = this.#sweep().finally(() => {
        if (!this.#stopped) this.#cancelTimer = this.#options.clock.timer(SWEEP_MILLISECONDS, again);
      });
    };
    again();
  }

  /** Resolves when nothing is on its way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    await this.#sweeping;
    if (this.#underWay > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    await this.#writing;
    await this.#writeSent();
  }

  async #sweep(): Promise<void> {
    const { storage, messaging, log } = this.#options;
    try {
      while (!this.#stopped && messaging.isUp()) {
        const owed = (await storage.owedEvents?.take(MAX_PER_SWEEP)) ?? [];
        const sendable = owed.filter(({ run_id }) => !this.#refused.has(run_id));
        if (sendable.length > 0) await this.#send(sendable);
        if (owed.length < MAX_PER_SWEEP) return;
      }
    } catch (error) {
      log.warn({ error: messageOf(error) }, "completed events not sent; they are tried again");
    }
  }

  async #send(events: CompletedEvent[]): Promise<void> {
    const refused = await this.#options.messaging.publishCompleted(events);
    failpoint("completed_published");
    refusedEvents.add(refused.size);
    sentEvents.add(events.length - refused.size);
    for (const runId of refused) this.#setAside(runId);
    this.#sent.push(...events.map(({ run_id }) => run_id).filter((runId) => !refused.has(runId)));
    this.#cancelWrite ??= this.#options.clock.timer(SENT_MILLISECONDS, () => {
      this.#writing = this.#writeSent();
    });
  }

  /** The event is owed until it is accepted. */
  #setAside(runId: string): void {
    this.#refused.add(runId);
    this.#options.log.error(
      { run_id: runId },
      "the broker refuses a completed event; it is sent again in a few minutes",
    );
  }

  async #writeSent(): Promise<void> {
    const { storage, log } = this.#options;
    this.#cancelWrite?.();
    this.#cancelWrite = null;
    const runIds = this.#sent.splice(0);
    if (runIds.length === 0) return;
    try {
      await storage.owedEvents?.sent(runIds);
    } catch (error) {
      log.debug({ error: messageOf(error), runs: runIds.length }, "sent events not noted; they are sent again");
    }
  }
}
