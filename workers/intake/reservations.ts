import type { Clock } from "../../src/clock.ts";
import { newId } from "../../src/ids.ts";
import type { Reservation } from "../../src/messaging/port.ts";
import { type CompletedEvent, completedEvent } from "../../src/schemas/runs/event.ts";
import type { ClaimedRun } from "../../src/storage/port.ts";
import type { Holdings } from "../holding/holdings.ts";
import type { RunBeforeInsert } from "../shortcuts/run-before-insert.ts";
import type { RunSpans } from "../tracing/run-spans.ts";
import { RunTrace } from "../tracing/run-trace.ts";

export interface ReservationsOptions {
  clock: Clock;
  /** Called when the end of a run is stored, with when it began. */
  onEnded(event: CompletedEvent, startedAt: number): void;
}

/** Who takes the runs that were stored as claimed. */
export interface Accepter {
  spans: RunSpans;
  /** `worker` is the one that the claim named. */
  accept(run: ClaimedRun, worker: string): void;
}

/** What runs which triggers of this process are about to store find here: a way to tell of their end, and room. */
export class Reservations {
  readonly #options: ReservationsOptions;
  readonly #holdings: Holdings;
  readonly #runBeforeInsert: RunBeforeInsert;
  readonly #accepter: Accepter;
  readonly #claimId: string;

  constructor(options: ReservationsOptions, holdings: Holdings, runBeforeInsert: RunBeforeInsert, accepter: Accepter) {
    this.#options = options;
    this.#holdings = holdings;
    this.#runBeforeInsert = runBeforeInsert;
    this.#accepter = accepter;
    this.#claimId = newId(options.clock.now());
  }

  /** For one run; keeps room for it where there is some. */
  take(hasRoom: boolean): Reservation {
    const { worker } = this.#holdings.lease;
    const release = hasRoom ? this.#holdings.reserve("message", 1) : () => {};
    return {
      claim: hasRoom ? { claimId: this.#claimId, worker } : null,
      stored: (
        { namespace, workflow, payload, depth, traceparent },
        { uuid, workflowUuid, workflowVersion, claimed, waits },
        ended,
      ) => {
        release();
        if (ended !== null) {
          // It was executed by the version that was found.
          const { startedAt, next: end } = ended;
          this.#options.onEnded(completedEvent({ namespace, uuid, workflowUuid }, end), startedAt);
          if (traceparent !== null) {
            const version = { namespace, workflowUuid, version: workflowVersion };
            this.#accepter.spans.stored(RunTrace.of({ uuid, ...version, traceparent }, "[]"), end);
          }
          return;
        }
        if (waits !== true) {
          this.#runBeforeInsert.learn(workflow, { namespace, workflowUuid, version: workflowVersion });
        }
        if (claimed) {
          const run = {
            namespace,
            uuid,
            workflowUuid,
            workflowVersion,
            payload,
            log: "[]",
            logLength: 0,
            inbox: [],
            parentUuid: null,
            isOnFailure: false,
            isCancelled: false,
            compensates: true,
            token: 1,
            crashes: 0,
            claims: 1,
            depth,
            traceparent,
            startedAt: this.#options.clock.now(),
          };
          this.#accepter.accept(run, worker);
        }
      },
      woken: (run) => this.#accepter.accept(run, worker),
      release,
    };
  }
}
