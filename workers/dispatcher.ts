import { Coalescer } from "../src/coalescer.ts";
import type { StepTypes } from "../src/connectors/index.ts";
import { messageOf } from "../src/errors.ts";
import { failpoint } from "../src/failpoints.ts";
import type { Reservation, TriggerConsumer } from "../src/messaging/port.ts";
import type { CompletedEvent, Triggered } from "../src/schemas/event.ts";
import type { ClaimedRun, EndedRun, NewRun, Outcome, Progress, Unnamed } from "../src/storage/port.ts";
import type { Advanced } from "./advance.ts";
import { Ahead } from "./ahead.ts";
import { Definitions } from "./definitions.ts";
import { Effects, type EffectsOptions } from "./effects.ts";
import type { Executor, ThreadLost } from "./execution.ts";
import { FreshRuns } from "./fresh.ts";
import { Handing } from "./handing.ts";
import { HeldRun, type Origin } from "./held.ts";
import { Holdings, type HoldingsOptions } from "./holdings.ts";
import { MessageLag } from "./lag.ts";
import { Messages } from "./messages.ts";
import { PureExecution } from "./pure.ts";
import { type ReadyOptions, ReadyRuns } from "./ready.ts";
import { RecentKeys } from "./recent.ts";
import { Reservations } from "./reservations.ts";

const RETRY_MILLISECONDS = 200;
/** How long the runs of a definition keep apart after a thread was lost under one of them. */
const APART_MILLISECONDS = 600_000;

export interface DispatcherOptions extends HoldingsOptions, ReadyOptions, EffectsOptions {
  executor: Executor;
  types: StepTypes;
  /** Called when a run was given back to be due at a time, milliseconds since the epoch. */
  onGivenBack(dueAt: number): void;
  /** Called when the end of a run is stored. */
  onEnded(event: CompletedEvent): void;
}

/**
 * Claims runs, has them executed, and writes down how far they came. It holds the last persisted state of every run it
 * has claimed; a result that could not be persisted is discarded.
 */
export class Dispatcher implements TriggerConsumer {
  readonly #options: DispatcherOptions;
  readonly #definitions: Definitions;
  /** Definitions under which a thread was lost lately: their runs keep to themselves, so that nobody else waits for them. */
  readonly #suspects: RecentKeys;
  readonly #fresh: FreshRuns;
  readonly #ahead: Ahead;
  readonly #reservations: Reservations;
  readonly #holdings: Holdings;
  readonly #messages: Messages;
  readonly #lag: MessageLag;
  readonly #saves: Coalescer<Progress, Outcome<null>>;
  readonly #handing: Handing;
  readonly #ready: ReadyRuns;
  readonly #effects: Effects;
  #stopping = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#definitions = new Definitions(options.storage);
    this.#holdings = new Holdings(options);
    this.#suspects = new RecentKeys(options.clock, APART_MILLISECONDS);
    const pure = new PureExecution(options, this.#suspects);
    this.#fresh = new FreshRuns(options, { definitions: this.#definitions, holdings: this.#holdings, pure });
    this.#ahead = new Ahead(options, this.#definitions, pure);
    this.#reservations = new Reservations(options, this.#holdings, this.#ahead, {
      accept: (run, claimedAt) => this.accept([run], "message", claimedAt),
    });
    this.#messages = new Messages(options, {
      room: () => this.room(),
      roomBytes: () => this.roomBytes,
      reserve: (count) => this.#holdings.reserve("message", count),
      take: (runs, claimedAt) => this.accept(runs, "message", claimedAt),
    });
    this.#lag = new MessageLag(options.clock);
    this.#handing = new Handing(options, this.#definitions, pure, {
      isAlone: (held) => this.#isAlone(held),
      settle: (held, advanced) => this.#settle(held, advanced),
      beginWithEffect: (held) => {
        held.effect = true;
        this.#startEffect(held);
      },
      isForgotten: (batch) => this.#stopping && !batch.some((held) => this.#holds(held)),
      lost: (held, guilty, effect, error) => this.#afterLostThread(held, guilty, effect, error),
      again: (batch) => this.#again(batch),
    });
    this.#ready = new ReadyRuns(options, (batch) => this.#handing.execute(batch));
    this.#effects = new Effects(
      options,
      (batch) => this.#handing.executeEffects(batch, () => this.#effects.end()),
      (held) => {
        if (this.#holds(held)) this.#startEffect(held);
      },
    );
    this.#saves = new Coalescer({
      clock: options.clock,
      flushes: options.storage.batchesAtOnce,
      flush: (items) => options.storage.saveProgress(items),
      sizeOf: ({ entries, next }) => 200 + (entries?.length ?? 0) + (next.kind === "end" ? next.stepResults.length : 0),
    });
  }

  /** Runs that were triggered. More than there is room to remember are left to the sweeper. */
  onMessages(runIds: string[]): void {
    if (!this.#stopping) this.#messages.add(runIds);
  }

  async claim(triggered: Triggered[]): Promise<{ unknown: string[] }> {
    const left = await this.#fresh.advance(triggered);
    const claimed = left.length === 0 ? [] : await this.#messages.claimNow(left);
    const known = new Set(claimed.map(({ uuid }) => uuid));
    const others = left.filter((uuid) => !known.has(uuid));
    const stored = new Set(others.length === 0 ? [] : await this.#options.storage.storedRuns(others));
    const unknown = new Set(others.filter((uuid) => !stored.has(uuid)));
    // A partition brings its messages in the order in which they were sent.
    this.#lag.heard(triggered.find(({ runId }) => !unknown.has(runId))?.runId ?? "");
    return { unknown: [...unknown] };
  }

  /** Room for a run that a trigger of this process is about to store: it is claimed by its insert, or executed before. */
  reserve(): Reservation | null {
    // Whoever waits already goes first.
    return this.#messages.waiting || this.room() === 0 ? null : this.#reservations.take();
  }

  /** See ExecuteAhead. */
  executeAhead(runs: Unnamed<NewRun>[]): Promise<(EndedRun | null)[]> | null {
    return this.#ahead.execute(runs);
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

  /** Takes runs that were claimed for this worker; `claimedAt` is the monotonic time before the claim was sent. */
  accept(runs: ClaimedRun[], origin: Origin, claimedAt: number): void {
    for (const run of runs) {
      const held = new HeldRun(run, origin, claimedAt + this.#options.leaseMilliseconds);
      this.#holdings.add(held);
      if (this.#stopping) this.#giveBack(held, this.#options.clock.now());
      else this.#enqueue(held);
    }
  }

  /**
   * Stops claiming, lets what is in flight end until the deadline, and gives the rest back to be due at once.
   * @param deadline resolves when what is in flight is waited for no longer
   */
  async stop(deadline: Promise<void>): Promise<void> {
    this.#stopping = true;
    this.#messages.clear();
    const waiting = [...this.#ready.takeAll(), ...this.#effects.takeAll()];
    await Promise.all(waiting.map((held) => this.#giveBack(held, this.#options.clock.now())));
    await Promise.race([this.#fresh.stop().then(() => this.#holdings.empty()), deadline]);
    await Promise.all(this.#holdings.all().map((held) => this.#giveBack(held, this.#options.clock.now())));
    this.#holdings.close();
  }

  #settle(held: HeldRun, { next, effect, ...gave }: Advanced): void {
    held.add(gave);
    if (!this.#holds(held)) return;
    if (effect) failpoint("effect_done");
    if (next.kind === "end") this.#save(held, next);
    else if (next.kind === "sleep") this.#giveBack(held, next.wakeAt);
    else if (next.kind === "again") this.#again([held]);
    else {
      held.effect = true;
      // What an effect gave must be safe before the next one starts; what pure steps gave can be computed again.
      if (effect) this.#save(held, this.#holdings.afterCheckpoint());
      else this.#startEffect(held);
    }
  }

  #startEffect(held: HeldRun): void {
    const { clock, leaseMilliseconds } = this.#options;
    if (this.#stopping || clock.monotonic() > held.effectBy(leaseMilliseconds)) this.#giveBack(held, clock.now());
    else this.#effects.add(held);
  }

  #afterLostThread(held: HeldRun, guilty: boolean, effect: boolean, { reason, charged }: ThreadLost): void {
    if (!this.#holds(held)) return;
    // A batch names its run exactly. An effect may have been passing by: twice, and it runs alone.
    held.suspicion += guilty ? 2 : effect ? 1 : 0;
    if (guilty) {
      this.#suspects.add(held.definition);
      for (const waiting of this.#ready.takeAll()) this.#enqueue(waiting);
    }
    if (guilty && charged) this.#save(held, held.charge(reason, this.#options.clock.now()));
    else this.#again([held]);
  }

  #again(batch: HeldRun[]): void {
    for (const held of batch) {
      if (!this.#holds(held)) continue;
      if (this.#stopping) this.#giveBack(held, this.#options.clock.now());
      else if (held.effect) this.#startEffect(held);
      else this.#enqueue(held);
    }
  }

  #enqueue(held: HeldRun): void {
    if (this.#isAlone(held)) this.#handing.execute([held]);
    else this.#ready.add(held);
  }

  #isAlone(held: HeldRun): boolean {
    // Effects wait for the world: on one thread they would wait for each other.
    return held.suspect || (!held.effect && this.#suspects.has(held.definition));
  }

  #giveBack(held: HeldRun, dueAt: number): Promise<void> | void {
    if (this.#holds(held)) return this.#save(held, { kind: "give_back", dueAt });
  }

  /** Persists, and goes on from there; a storage that is out is asked again for as long as the lease lasts. */
  async #save(held: HeldRun, next: Progress["next"]): Promise<void> {
    const { clock, log } = this.#options;
    const progress = held.progress(next);
    try {
      const outcome = await this.#saves.add(progress);
      failpoint(next.kind === "end" ? "end_saved" : "progress_saved");
      // A renewal that crossed the end on its way found no lease, and the run was forgotten: it ended all the same.
      if (outcome.kind === "ok" && next.kind === "end") this.#options.onEnded(held.completedEvent(next));
      if (!this.#holds(held)) return;
      if (outcome.kind === "error") log.error({ run_id: held.run.uuid, code: outcome.code }, "progress refused");
      if (outcome.kind !== "ok" || next.kind !== "hold") this.#forget(held);
      if (outcome.kind !== "ok") return;
      held.saved(progress);
      if (next.kind === "give_back") this.#options.onGivenBack(next.dueAt);
      if (next.kind === "hold") this.#again([held]);
    } catch (error) {
      if (clock.monotonic() < held.leaseUntil) {
        clock.timer(RETRY_MILLISECONDS, () => {
          if (this.#holds(held)) this.#save(held, next);
        });
      } else {
        log.warn({ run_id: held.run.uuid, error: messageOf(error) }, "progress discarded: the lease is over");
        this.#forget(held);
      }
    }
  }

  #holds(held: HeldRun): boolean {
    return this.#holdings.has(held);
  }

  /** There is room again. */
  #forget(held: HeldRun): void {
    this.#holdings.forget(held);
    if (this.#messages.waiting) this.#messages.claim();
  }
}
