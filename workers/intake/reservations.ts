import type { Clock } from "../../src/clock.ts";
import { newId } from "../../src/ids.ts";
import type { Reservation } from "../../src/messaging/port.ts";
import type { CompletedEvent } from "../../src/schemas/event.ts";
import type { ClaimedRun, Lease } from "../../src/storage/port.ts";
import type { Holdings } from "../holding/holdings.ts";
import type { RunBeforeInsert } from "../shortcuts/run-before-insert.ts";

export interface ReservationsOptions {
  clock: Clock;
  leaseMilliseconds: number;
  /** Called when the end of a run is stored. */
  onEnded(event: CompletedEvent): void;
}

/** Who takes the runs that were stored as claimed. */
export interface Accepter {
  /** `claimedAt` is the monotonic time before the claim was sent. */
  accept(run: ClaimedRun, claimedAt: number): void;
}

/** Room that is kept for runs which triggers of this process are about to store. */
export class Reservations {
  readonly #options: ReservationsOptions;
  readonly #holdings: Holdings;
  readonly #runBeforeInsert: RunBeforeInsert;
  readonly #accepter: Accepter;
  /** Marks the runs that inserts claim for this worker. */
  readonly #lease: Lease;

  constructor(options: ReservationsOptions, holdings: Holdings, ahead: RunBeforeInsert, accepter: Accepter) {
    this.#options = options;
    this.#holdings = holdings;
    this.#runBeforeInsert = ahead;
    this.#accepter = accepter;
    this.#lease = { claimId: newId(options.clock.now()), leaseMilliseconds: options.leaseMilliseconds };
  }

  /** Keeps room for one run. */
  take(): Reservation {
    const claimedAt = this.#options.clock.monotonic();
    const release = this.#holdings.reserve("message", 1);
    return {
      lease: this.#lease,
      stored: ({ workflow, payload, depth }, { uuid, workflowUuid, workflowVersion }, ended) => {
        release();
        this.#runBeforeInsert.learn(workflow, { workflowUuid, version: workflowVersion });
        if (ended !== null) {
          const { status, error } = ended;
          this.#options.onEnded({ run_id: uuid, workflow_id: workflowUuid, status, error });
        } else {
          const run = {
            uuid,
            workflowUuid,
            workflowVersion,
            payload,
            log: "[]",
            logLength: 0,
            token: 1,
            crashes: 0,
            depth,
          };
          this.#accepter.accept(run, claimedAt);
        }
      },
      release,
    };
  }
}
