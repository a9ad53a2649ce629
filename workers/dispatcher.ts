import type { StepTypes } from "../src/connectors/index.ts";
import type { Reservation, TriggerConsumer } from "../src/messaging/port.ts";
import { effects, runsHeld } from "../src/metrics/gauges.ts";
import type { Reading } from "../src/metrics/readings.ts";
import type { Triggered } from "../src/schemas/runs/event.ts";
import { keyOf, nameOfRun, type RunKey } from "../src/schemas/runs/run.ts";
import type { Shortcut } from "../src/shortcuts.ts";
import type { ClaimedRun, NewRun, ProgressBeforeInsert, Unnamed } from "../src/storage/port.ts";
import { Definitions } from "./definitions/definitions.ts";
import { Reaches } from "./definitions/reach.ts";
import { Advancing, type AdvancingOptions } from "./holding/advancing.ts";
import { Control } from "./holding/control/control.ts";
import { HeldRun, type Origin } from "./holding/held-run.ts";
import { Holdings, type HoldingsOptions } from "./holding/holdings.ts";
import { Suspects } from "./holding/suspects.ts";
import { MessageLag } from "./intake/lag.ts";
import { Messages } from "./intake/messages.ts";
import { Reservations } from "./intake/reservations.ts";
import { PureExecution } from "./shortcuts/pure.ts";
import { RunBeforeInsert } from "./shortcuts/run-before-insert.ts";
import { UnclaimedRuns } from "./shortcuts/unclaimed.ts";
import { namesOf } from "./tracing/names.ts";
import { RunSpans, type RunSpansOptions } from "./tracing/run-spans.ts";

export interface DispatcherOptions extends HoldingsOptions, AdvancingOptions, RunSpansOptions {
  types: StepTypes;
  /** Those that are on. */
  shortcuts: ReadonlySet<Shortcut>;
  /** Whether messages come from known users alone. */
  trustsMessages: boolean;
}

/** Takes runs in: by messages, by triggers of this process, and those that are due. */
export class Dispatcher implements TriggerConsumer {
  readonly #options: DispatcherOptions;
  readonly #definitions: Definitions;
  readonly #unclaimed: UnclaimedRuns;
  readonly #runBeforeInsert: RunBeforeInsert;
  readonly #reservations: Reservations;
  readonly #holdings: Holdings;
  readonly #messages: Messages;
  readonly #lag: MessageLag;
  readonly #advancing: Advancing;
  readonly #control: Control;
  #stopping = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#definitions = new Definitions(options.storage);
    this.#holdings = new Holdings(options);
    const reaches = new Reaches(options.types);
    const suspects = new Suspects(options, reaches);
    const pure = new PureExecution(options, suspects);
    const spans = new RunSpans(options, this.#definitions);
    const parts = { definitions: this.#definitions, holdings: this.#holdings, reaches, spans };
    this.#unclaimed = new UnclaimedRuns(options, { ...parts, pure });
    this.#runBeforeInsert = new RunBeforeInsert(options, this.#definitions, pure, reaches);
    this.#reservations = new Reservations(options, this.#holdings, this.#runBeforeInsert, {
      spans,
      accept: (run, worker) => this.accept([run], "message", worker),
    });
    this.#messages = new Messages(options, {
      worker: () => this.worker,
      room: () => this.room(),
      roomBytes: () => this.roomBytes,
      reserve: (count) => this.#holdings.reserve("message", count),
      take: (runs, worker) => this.accept(runs, "message", worker),
    });
    this.#lag = new MessageLag(options.clock);
    this.#advancing = new Advancing(options, {
      ...parts,
      suspects,
      forget: (held) => this.#forget(held),
      wake: (runs) => this.wake(runs),
    });
    this.#control = new Control(options, this.#holdings, {
      cancel: (held, cancel) => this.#advancing.requests.cancel(held, cancel),
      pause: (held) => this.#advancing.requests.pause(held),
      hear: (held, rows) => this.#advancing.hear(held, rows),
    });
  }

  /** Runs that were triggered. More than there is room to remember are left to the sweeper. */
  onMessages(runs: RunKey[]): void {
    if (!this.#stopping) this.#messages.add(runs);
  }

  /** See TriggerConsumer. Those that are held are looked up; the others are due for the sweepers. */
  wake(runs: RunKey[]): void {
    if (!this.#stopping && !this.#control.wake(runs)) this.#options.onGivenBack(this.#options.clock.now());
  }

  async claim(triggered: Triggered[]): Promise<{ unknown: RunKey[] }> {
    const isOn = this.#options.shortcuts.has("unclaimed");
    const left = isOn ? await this.#unclaimed.advance(triggered) : triggered.map(keyOf);
    const claimed = left.length === 0 ? [] : await this.#messages.claimNow(left);
    const unknown = new Map(left.map((run) => [nameOfRun(run), run]));
    for (const run of claimed) unknown.delete(nameOfRun(run));
    const stored = unknown.size === 0 ? [] : await this.#options.storage.storedRuns([...unknown.values()]);
    for (const run of stored) unknown.delete(nameOfRun(run));
    // A partition brings its messages in the order in which they were sent.
    this.#lag.heard(triggered.find((run) => !unknown.has(nameOfRun(run)))?.uuid ?? "");
    return { unknown: [...unknown.values()] };
  }

  /** For a run that a trigger of this process is about to store: it is executed before its insert, or claimed by that. */
  reserve(): Reservation | null {
    if (this.#stopping || !this.#options.shortcuts.has("claim_by_insert")) return null;
    // Whoever waits already goes first. What is executed before its insert takes no room.
    return this.#reservations.take(!this.#messages.waiting && this.room() > 0);
  }

  /** See ExecuteBeforeInsert. */
  executeBeforeInsert(runs: Unnamed<NewRun>[]): Promise<(ProgressBeforeInsert | null)[]> | null {
    return this.#options.shortcuts.has("run_before_insert") ? this.#runBeforeInsert.execute(runs) : null;
  }

  /** The worker that runs are claimed for. */
  get worker(): string {
    return this.#holdings.lease.worker;
  }

  /** How many more runs that messages name may be claimed now. */
  room(): number {
    return this.#stopping ? 0 : this.#holdings.room("message");
  }

  /** How long new runs that are due are left to the messages that a broker brings, milliseconds. */
  patience(): number {
    return this.#lag.patience();
  }

  /** How many more runs that are due may be claimed now. */
  roomForDue(): number {
    return this.#stopping ? 0 : this.#holdings.room("due");
  }

  /** Keeps the room that a claim of due runs may need; gives what ends that. */
  reserveDue(count: number): () => void {
    return this.#holdings.reserve("due", count);
  }

  /** Characters of payloads and logs that may still be claimed. */
  get roomBytes(): number {
    return this.#holdings.roomBytes;
  }

  /** Takes runs that were claimed for a worker; if its lease was lost meanwhile, they are anybody's. */
  accept(runs: ClaimedRun[], origin: Origin, worker: string): void {
    const suspects: HeldRun[] = [];
    for (const run of runs) {
      const held = new HeldRun(run, origin, this.#holdings.lease.until);
      if (held.suspect) suspects.push(held);
      if (this.#holdings.add(held, worker)) this.#advancing.add(held);
    }
    const [first] = suspects;
    if (first === undefined) return;
    this.#options.log.warn(
      { ...namesOf(first), runs: suspects.length },
      "runs that made no progress while workers or threads died are alone",
    );
  }

  /** Its runs and effects, for the metrics. */
  readings(): Reading[] {
    const { underWay, waiting } = this.#advancing.effects.figures();
    return [
      runsHeld.at({ origin: "message" }, this.#holdings.count("message")),
      runsHeld.at({ origin: "due" }, this.#holdings.count("due")),
      effects.at({ state: "under_way" }, underWay),
      effects.at({ state: "waiting" }, waiting),
    ];
  }

  /**
   * Stops claiming, lets what is in flight end until the deadline, and gives the rest back to be due at once.
   * @param deadline resolves when what is in flight is waited for no longer
   */
  async stop(deadline: Promise<void>): Promise<void> {
    this.#stopping = true;
    this.#messages.clear();
    this.#advancing.stop();
    await Promise.race([this.#holdings.empty(), deadline]);
    await this.#advancing.close();
    this.#control.stop();
    this.#holdings.lease.close();
  }

  /** There is room again. */
  #forget(held: HeldRun): void {
    this.#holdings.forget(held);
    if (this.#messages.waiting) this.#messages.claim();
  }
}
