import type { Tools } from "../../../src/connectors/index.ts";
import { runOnFailure } from "../../../src/engine/on-failure.ts";
import type { Plan } from "../../../src/engine/plan/plan.ts";
import { type BlockState, blockOf, nodeOf, type RunState } from "../../../src/engine/state/state.ts";
import { decide } from "../../../src/engine/steps/deciding/decide.ts";
import type { Decision } from "../../../src/engine/steps/deciding/decision.ts";
import { beginEntry, outcomeEntry } from "../../../src/engine/steps/recording/outcome.ts";
import { foldLog, record, type Surrounding } from "../../../src/engine/steps/recording/record.ts";
import { begunAt } from "../../../src/engine/steps/recording/tried.ts";
import { type InboxRow, sizeOf } from "../../../src/schemas/log/inbox.ts";
import { type LogEntry, parseLog, stepResultsText, tellMore } from "../../../src/schemas/log/log.ts";
import type { ChildOfStep } from "../../../src/schemas/runs/child.ts";
import type { Advanced, HandedState } from "../port.ts";
import { beating } from "./beating.ts";
import { Beside } from "./beside.ts";
import { Cancellation } from "./effects/cancellation.ts";
import { isOfItsTime } from "./effects/of-its-time.ts";
import { RunEffects } from "./effects/run-effects.ts";
import { type Executed, executeEffect, executePure, textOfThrown } from "./executing.ts";
import { Outputs } from "./outputs.ts";
import type { Surroundings } from "./surroundings.ts";
import { AT_REST, MAX_ENTRIES, MAX_UNITS, type Stop, UNITS_OF_A_DECISION } from "./turns.ts";

/**
 * A run in its thread: its folded state, and its effects under way. The thread keeps it while the run is held, so that neither
 * log nor payload crosses again.
 */
export class ThreadRun {
  readonly uuid: string;
  readonly token: number;
  readonly depth: number;
  /** Characters of its payload and log. */
  size: number;
  readonly #state: RunState;
  readonly #outputs: Outputs;
  readonly #effects = new RunEffects();
  #entries: LogEntry[] = [];
  #told = 0;
  #mustSave = false;
  readonly #beside = new Beside();

  constructor(
    { uuid, token, depth }: { uuid: string; token: number; depth: number },
    plan: Plan,
    { payload, log, facts }: HandedState,
    { inbox = [], cancel, beat = () => {} }: Pick<Surrounding, "inbox" | "cancel"> & { beat?: () => void } = {},
  ) {
    this.uuid = uuid;
    this.token = token;
    this.depth = depth;
    this.size = payload.length + log.length + sizeOf(inbox);
    this.#state = foldLog(plan, JSON.parse(payload), beating(parseLog(log), beat), { inbox, facts, cancel });
    this.#outputs = new Outputs(this.#state, beat);
  }

  /** Takes in what came into its inbox. */
  hear(rows: readonly InboxRow[]): void {
    this.size += sizeOf(rows);
    this.#state.inbox.hear(rows);
  }

  /** Whether an effect of it is under way or is to be started. */
  get hasEffects(): boolean {
    return this.#effects.size > 0 || this.hasEffectsUnderWay;
  }

  /** Whether an effect of it is under way, even one that was called off: when that ends, the run goes on from here. */
  get hasEffectsUnderWay(): boolean {
    return this.#effects.areUnderWay;
  }

  /** Takes it through pure steps and waits that are over, until nothing is left but effects and sleeps, or to its end. */
  // Without a promise, which a task of many runs would pay for each of them.
  advance(world: Surroundings): Advanced {
    const next = this.#effects.isPaused ? AT_REST : this.#pure(world);
    if (next.kind === "end") this.#beside.add(undefined, runOnFailure(this.#state, next, world.now()));
    const entries = next.kind === "end" && !tellMore(this.#entries) ? "[]" : JSON.stringify(this.#entries);
    const advanced: Advanced = {
      seq: this.#told++,
      entries,
      mustSave: this.#mustSave,
      next: this.#described(next, world),
    };
    this.#beside.tell(advanced, this.#state);
    this.size += entries.length;
    this.#entries = [];
    this.#outputs.texts.clear();
    this.#mustSave = false;
    return advanced;
  }

  /** Goes up to the first step of the run, an effect, which the worker starts without having asked for it. */
  begin(world: Surroundings): void {
    this.#pure(world);
    this.#effects.takeReady();
  }

  /** Whether it has an effect at a path that is to be started. */
  canStart(path: string): boolean {
    return this.#effects.canStart(path);
  }

  /** Starts an effect, and records how it ended, unless it was cancelled meanwhile. */
  async start(
    path: string,
    world: Surroundings,
    tools: (cancellation: Cancellation, timeout: number | null) => Tools,
  ): Promise<void> {
    const effect = this.#effects.get(path);
    if (effect === undefined) return;
    const startedAt = world.now();
    effect.cancellation = new Cancellation();
    this.#effects.begin();
    const executed = await executeEffect(effect.connector, effect.config, tools(effect.cancellation, effect.timeout));
    const isCurrent = this.#effects.end(path, effect);
    const block = blockOf(this.#state, path);
    if (block === undefined || !isCurrent) return;
    this.#mustSave = true;
    this.#settle(world, block, executed, startedAt);
  }

  /** Begins nothing more: what is under way ends, and is told. */
  pause(): void {
    this.#effects.isPaused = true;
  }

  /** Calls off its effects: those under way are given up, and none is started any more. */
  callOff(): void {
    this.#effects.cancelAll();
  }

  /** Executes pure steps and records the entries that the engine decides, until neither is left. */
  #pure(world: Surroundings): Stop {
    const { meter } = this.#state;
    meter.units = 0;
    for (;;) {
      if (meter.units > MAX_UNITS || this.#entries.length >= MAX_ENTRIES) return { kind: "again" };
      meter.units += UNITS_OF_A_DECISION;
      world.beat();
      const now = world.now();
      const decision = decide(this.#state, now, this.#effects);
      if (decision.kind === "record") this.#add(decision.entry, decision.child, decision.inside);
      else if (decision.kind === "settle") {
        const { block, unexpected, ...settled } = decision;
        const thrown = unexpected === undefined ? null : textOfThrown(unexpected);
        this.#settle(world, block, { ...settled, unexpected: thrown, isConnectors: false }, begunAt(block, now));
      } else if (decision.kind === "execute" && decision.connector.kind === "pure") {
        const { connector, block, config, hasBegun } = decision;
        if (world.stepwise && !hasBegun) {
          this.#add(beginEntry(block, now, null));
          return { kind: "again" };
        }
        this.#settle(world, block, executePure(connector, config), now);
      } else if (decision.kind === "execute") this.#offer(decision, now);
      else return decision;
    }
  }

  #offer({ block, path, hasBegun, connector, config, timeout }: Decision & { kind: "execute" }, now: number): void {
    if (connector.kind !== "effect") return;
    if (!hasBegun) this.#add(beginEntry(block, now, null));
    this.#effects.add(path, { connector, config, timeout, cancellation: null });
  }

  /** Records how an attempt of the step that a block is at ended. `from`: when it began, milliseconds since the epoch. */
  #settle(world: Surroundings, block: BlockState, executed: Executed, from: number): void {
    this.#beside.unexpected ??= executed.unexpected;
    const now = world.now();
    const handler = block.current?.handler ?? null;
    // The output of a failed attempt is within the bounds already.
    const isKnown = handler !== null && executed.outcome.output === handler.failure.output;
    const capped = isKnown ? executed.outcome : this.#outputs.capped(executed, block.path);
    const entry = outcomeEntry(this.#state, block, this.uuid, now, capped, executed.inner, from);
    if (executed.taken !== undefined) entry[3] = executed.taken;
    const [, { status, error }, wakeAt] = entry;
    const outcome = status === "running" && wakeAt !== null ? "retried" : error === null ? "success" : "failed";
    if (handler === null) world.attempt(nodeOf(block).type, outcome, now - from);
    this.#add(entry);
  }

  #add(entry: LogEntry, child?: ChildOfStep, inside: readonly LogEntry[] = []): void {
    for (const one of inside) this.#add(one);
    const [path, { status, error }, , taken] = entry;
    this.#entries.push(entry);
    record(this.#state, entry);
    if (child !== undefined || isOfItsTime(entry, this.#state)) this.#mustSave = true;
    this.#beside.add(taken, child);
    if (status === "skipped" && error !== null) this.#effects.cancel(path);
  }

  #described(next: Stop, world: Surroundings): Advanced["next"] {
    if (next.kind === "end") {
      const { steps, omitted } = this.#state;
      const stepResults = stepResultsText(steps.values(), this.#outputs.texts, omitted);
      return { ...this.#outputs.endOf(next, world.now()), stepResults };
    }
    if (next.kind === "again") return next;
    return { kind: "wait", ready: this.#effects.takeReady(), wakeAt: next.wakeAt, hasEffects: this.hasEffects };
  }
}
