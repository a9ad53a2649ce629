import {
  type Connector,
  type EffectConnector,
  type PureConnector,
  StepFailure,
  type Tools,
} from "../src/connectors/index.ts";
import { type Decision, decide } from "../src/engine/decide.ts";
import { beginEntry, outcomeEntry } from "../src/engine/outcome.ts";
import type { Plan } from "../src/engine/plan.ts";
import { type BlockState, foldLog, record, type StepOutcome } from "../src/engine/state.ts";
import { findJsonFaults, type Json, MAX_DEPTH } from "../src/schemas/json.ts";
import { type LogEntry, stepResultsText } from "../src/schemas/log.ts";
import type { EndedStatus, ErrorDetails } from "../src/schemas/run.ts";
import { describeFailure } from "../src/step-failures.ts";

const MAX_OUTPUT = 1024 * 1024;
const MAX_OUTPUTS = 8 * 1024 * 1024;
/** Characters of what a connector threw that go into the log. */
const MAX_UNEXPECTED = 2000;

/** A run as it is handed out. */
export interface RunTask {
  uuid: string;
  plan: Plan;
  payload: Json;
  log: LogEntry[];
}

/** How far a run came. */
export interface Advanced {
  /** JSON array text of the log entries that are new; "[]" for a run that ended, whose results say it all. */
  entries: string;
  /** An effect was executed: its entry must be persisted before the next effect may start. */
  effect: boolean;
  /** What a connector threw that was no StepFailure, for the log; absent where none did. */
  unexpected?: string;
  /** Gives back the room of the reply that it holds, once; set by the pool where it holds one. */
  release?: () => void;
  next:
    | { kind: "end"; status: EndedStatus; error: string | null; stepResults: string }
    | { kind: "sleep"; wakeAt: number }
    /** The next step is an effect, and this task may not start it. */
    | { kind: "effect" }
    /** It may go on at once; it was to stop after every step. */
    | { kind: "again" };
}

export interface Surroundings {
  /** Milliseconds since the epoch, database time. */
  now(): number;
  /** Stop after every step, so that a thread that is lost takes no other step's result with it. */
  stepwise: boolean;
  /** Called before each step: the thread makes progress. */
  beat(): void;
}

/** What the effects of one run may use. */
export interface EffectSurroundings {
  /** Whether the lease surely lasts long enough to start an effect now. */
  mayStart(): boolean;
  tools(path: string): Tools;
}

/**
 * Takes a run through pure steps and waits that are over, up to its next effect, sleep or end. Without a promise,
 * because it is what a task of many runs is made of.
 */
export function advance(run: RunTask, world: Surroundings): Advanced {
  const progress = new Progress(run);
  return progress.advanced(world, false, progress.pure(world));
}

/** Executes the effect that is the run's next step and goes on like `advance`. */
export async function advanceEffect(
  run: RunTask,
  world: Surroundings,
  { mayStart, tools }: EffectSurroundings,
): Promise<Advanced> {
  const progress = new Progress(run);
  const first = progress.pure(world);
  if (first.kind !== "execute" || first.connector.kind !== "effect") return progress.advanced(world, false, first);
  if (!mayStart()) return progress.advanced(world, false, first);
  const { connector, block, path, config } = first;
  const executed = await executeEffect(connector, config, tools(path));
  progress.settle(block, executed, world.now());
  return progress.advanced(world, true, progress.pure(world));
}

type PureDecision = Exclude<Decision, { kind: "record" | "settle" }>;

class Progress {
  readonly state;
  readonly #run: string;
  readonly #entries: LogEntry[] = [];
  /** JSON text of the outputs of this burst, for the results of its end. */
  readonly #outputTexts = new Map<Json, string>();
  #outputBytes = 0;
  #unexpected: string | null = null;

  constructor(run: RunTask) {
    this.#run = run.uuid;
    this.state = foldLog(run.plan, run.payload, run.log);
    // Only long logs come near the cap; their text was capped when it was written.
    this.#outputBytes = run.log.length > 8 ? JSON.stringify(run.log).length : 0;
  }

  add(entry: LogEntry): void {
    this.#entries.push(entry);
    record(this.state, entry);
  }

  /** Executes pure steps and records what the engine decides by itself, up to the first thing that is neither. */
  pure(world: Surroundings): PureDecision {
    for (;;) {
      world.beat();
      const now = world.now();
      const decision = decide(this.state, now);
      if (decision.kind === "record") this.add(decision.entry);
      else if (decision.kind === "settle") {
        const { block, outcome, inner, unexpected } = decision;
        const thrown = unexpected === undefined ? null : textOfThrown(unexpected);
        this.settle(block, { outcome, unexpected: thrown, isConnectors: false }, now, inner);
      } else if (decision.kind === "execute" && decision.connector.kind === "pure") {
        const { connector, block, config, hasBegun } = decision;
        if (world.stepwise && !hasBegun) return decision;
        this.settle(block, executePure(connector, config), world.now());
      } else return decision;
    }
  }

  /** Records how an attempt of the step that a block is at ended. */
  settle(block: BlockState, executed: Executed, now: number, inner?: ErrorDetails | null): void {
    this.add(outcomeEntry(this.state, block, this.#run, now, this.capped(executed), inner));
  }

  /** An output that every store holds, or the failure that says why it is not one. */
  capped({ outcome, unexpected, isConnectors }: Executed): StepOutcome {
    this.#unexpected ??= unexpected;
    const { output } = outcome;
    if (output === null) return outcome;
    const text = jsonText(output);
    if (text === null || (isConnectors && !text.startsWith("{"))) return failed("output_not_json");
    if (text.length > MAX_OUTPUT) return failed("output_too_large");
    this.#outputBytes += text.length;
    if (this.#outputBytes > MAX_OUTPUTS) return failed("outputs_too_large");
    const fault = mayBeUnstorable(text)
      ? findJsonFaults(text).find(({ kind }) => kind === "depth" || kind === "string")
      : undefined;
    if (fault !== undefined) return failed(fault.kind === "depth" ? "output_too_deep" : "output_unstorable");
    const plain: Json = JSON.parse(text);
    this.#outputTexts.set(plain, text);
    return { ...outcome, output: plain };
  }

  advanced(world: Surroundings, effect: boolean, next: PureDecision): Advanced {
    const advanced = this.#advanced(world, effect, next);
    return this.#unexpected === null ? advanced : { ...advanced, unexpected: this.#unexpected };
  }

  #advanced(world: Surroundings, effect: boolean, next: PureDecision): Advanced {
    if (next.kind === "end") {
      const stepResults = stepResultsText(this.state.steps.values(), this.#outputTexts);
      return { entries: "[]", effect, next: { ...next, stepResults } };
    }
    if (next.kind === "sleep") return { entries: JSON.stringify(this.#entries), effect, next };
    if (next.kind === "execute" && !next.hasBegun) this.add(beginEntry(next.block, world.now(), null));
    const kind = next.connector.kind === "pure" ? "again" : "effect";
    return { entries: JSON.stringify(this.#entries), effect, next: { kind } };
  }
}

/** What can't: NUL and lone surrogates are escapes in serialized text, and nesting takes a bracket at either end. */
function mayBeUnstorable(text: string): boolean {
  return text.length > 2 * MAX_DEPTH || text.includes("\\u");
}

function jsonText(value: Json): string | null {
  try {
    const text: string | undefined = JSON.stringify(value);
    return text ?? null;
  } catch {
    // A cycle or a BigInt: told apart from JSON by failing here.
    return null;
  }
}

/** A failure whose sentence is about nothing in particular. */
function failed(
  name: "output_not_json" | "output_too_large" | "output_too_deep" | "output_unstorable" | "outputs_too_large",
): StepOutcome {
  return { ...describeFailure(name, {}), output: null };
}

interface Executed {
  outcome: StepOutcome;
  /** What a connector threw that was no StepFailure. */
  unexpected: string | null;
  /** The outcome is a connector's: its output has to be an object. */
  isConnectors: boolean;
}

function executePure(connector: PureConnector, config: Json): Executed {
  try {
    return { outcome: { output: connector.run(config) }, unexpected: null, isConnectors: true };
  } catch (error) {
    return failureOf(connector, error);
  }
}

async function executeEffect(connector: EffectConnector, config: Json, tools: Tools): Promise<Executed> {
  try {
    return { outcome: { output: await connector.run(config, tools) }, unexpected: null, isConnectors: true };
  } catch (error) {
    return failureOf(connector, error);
  }
}

/** What a connector threw: its sentence where it means one, else ours, and what was thrown for the log. */
function failureOf({ type }: Connector, error: unknown): Executed {
  if (error instanceof StepFailure) {
    const { code, message, output, details } = error;
    return {
      outcome: { code, error: message, output, ...(details !== null && { details }) },
      unexpected: null,
      isConnectors: true,
    };
  }
  const outcome = { ...describeFailure("unexpected", { type }), output: null };
  return { outcome, unexpected: textOfThrown(error), isConnectors: true };
}

function textOfThrown(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ""}` : String(error);
  return text.slice(0, MAX_UNEXPECTED);
}
