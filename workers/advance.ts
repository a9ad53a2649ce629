import {
  type EffectConnector,
  type PureConnector,
  StepFailure,
  type StepTypes,
  type Tools,
} from "../src/connectors/index.ts";
import { decide } from "../src/engine/decide.ts";
import { endedEntry, foldLog, record, type StepOutcome, startedEntry } from "../src/engine/state.ts";
import { findJsonFaults, type Json, type JsonObject, MAX_DEPTH } from "../src/schemas/json.ts";
import { type LogEntry, stepResultsText } from "../src/schemas/log.ts";
import type { EndedStatus } from "../src/schemas/run.ts";
import type { Step } from "../src/schemas/workflow.ts";

const MAX_OUTPUT = 1024 * 1024;
const MAX_OUTPUTS = 8 * 1024 * 1024;

/** A run as it is handed out. */
export interface RunTask {
  uuid: string;
  steps: readonly Step[];
  payload: Json;
  log: LogEntry[];
}

/** How far a run came. */
export interface Advanced {
  /** JSON array text of the log entries that are new; "[]" for a run that ended, whose results say it all. */
  entries: string;
  /** An effect was executed: its entry must be persisted before the next effect may start. */
  effect: boolean;
  next:
    | { kind: "end"; status: EndedStatus; error: string | null; stepResults: string }
    | { kind: "sleep"; wakeAt: number }
    /** The next step is an effect, and this task may not start it. */
    | { kind: "effect" }
    /** It may go on at once; it was to stop after every step. */
    | { kind: "again" };
}

export interface Surroundings {
  types: StepTypes;
  /** Milliseconds since the epoch, database time. */
  now(): number;
  tools(run: string, path: string): Tools;
  /** Stop after every step, so that a thread that is lost takes no other step's result with it. */
  stepwise: boolean;
  /** Called before each step: the thread makes progress. */
  beat(): void;
  /** Whether the lease surely lasts long enough to start an effect now. */
  mayStartEffect(): boolean;
}

/**
 * Takes a run through pure steps and waits that are over, up to its next effect, sleep or end. Without a promise,
 * because it is what a task of many runs is made of.
 */
export function advance(run: RunTask, world: Surroundings): Advanced {
  const progress = new Progress(run);
  return progress.advanced(world, false, progress.pure(run, world));
}

/** Executes the effect that is the run's next step and goes on like `advance`. */
export async function advanceEffect(run: RunTask, world: Surroundings): Promise<Advanced> {
  const progress = new Progress(run);
  const first = progress.pure(run, world);
  if (first.kind !== "execute" || first.connector.kind !== "effect") return progress.advanced(world, false, first);
  if (!world.mayStartEffect()) return progress.advanced(world, false, first);
  const { connector, path, name, startedAt, config } = first;
  const outcome = await executeEffect(connector, config, world.tools(run.uuid, path));
  progress.add(endedEntry(path, name, startedAt, world.now(), progress.capped(outcome)));
  return progress.advanced(world, true, progress.pure(run, world));
}

type PureDecision = Exclude<ReturnType<typeof decide>, { kind: "record" }>;

class Progress {
  readonly state;
  readonly #entries: LogEntry[] = [];
  /** JSON text of the outputs of this burst, for the results of its end. */
  readonly #outputTexts = new Map<Json, string>();
  #outputBytes = 0;

  constructor(run: RunTask) {
    this.state = foldLog(run.payload, run.log);
    // Only long logs come near the cap; their text was capped when it was written.
    this.#outputBytes = run.log.length > 8 ? JSON.stringify(run.log).length : 0;
  }

  add(entry: LogEntry): void {
    this.#entries.push(entry);
    record(this.state, entry);
  }

  /** Executes pure steps and records what the engine decides by itself, up to the first thing that is neither. */
  pure(run: RunTask, world: Surroundings): PureDecision {
    for (;;) {
      world.beat();
      const decision = decide(run.steps, this.state, world.now(), world.types);
      if (decision.kind === "record") this.add(decision.entry);
      else if (decision.kind === "execute" && decision.connector.kind === "pure") {
        if (world.stepwise && !this.state.steps.has(decision.path)) return decision;
        const { connector, path, name, startedAt, config } = decision;
        this.add(endedEntry(path, name, startedAt, world.now(), this.capped(executePure(connector, config))));
      } else return decision;
    }
  }

  /** An output that every store holds, or the failure that says why it is not one. */
  capped(outcome: StepOutcome): StepOutcome {
    const { output } = outcome;
    if (output === null) return outcome;
    const text = jsonText(output);
    if (text === null) return { error: "The step's output is not JSON", output: null };
    if (text.length > MAX_OUTPUT) return { error: "The step's output is over 1 MiB", output: null };
    this.#outputBytes += text.length;
    if (this.#outputBytes > MAX_OUTPUTS) return { error: "The run's outputs are over 8 MiB together", output: null };
    const fault = mayBeUnstorable(text)
      ? findJsonFaults(text).find(({ kind }) => kind === "depth" || kind === "string")
      : undefined;
    if (fault?.kind === "depth") return { error: "The step's output nests deeper than 64", output: null };
    if (fault !== undefined) return { error: "The step's output holds NUL or a lone surrogate", output: null };
    const plain: JsonObject = JSON.parse(text);
    this.#outputTexts.set(plain, text);
    return { ...outcome, output: plain };
  }

  advanced(world: Surroundings, effect: boolean, next: PureDecision): Advanced {
    if (next.kind === "end") {
      const stepResults = stepResultsText(this.state.steps.values(), this.#outputTexts);
      return { entries: "[]", effect, next: { ...next, stepResults } };
    }
    if (next.kind === "sleep") return { entries: JSON.stringify(this.#entries), effect, next };
    if (!this.state.steps.has(next.path)) this.add(startedEntry(next.path, next.name, world.now(), null));
    const kind = next.connector.kind === "pure" ? "again" : "effect";
    return { entries: JSON.stringify(this.#entries), effect, next: { kind } };
  }
}

/** What can't: NUL and lone surrogates are escapes in serialized text, and nesting takes a bracket at either end. */
function mayBeUnstorable(text: string): boolean {
  return text.length > 2 * MAX_DEPTH || text.includes("\\u");
}

function jsonText(value: JsonObject): string | null {
  try {
    const text: string | undefined = JSON.stringify(value);
    return text === undefined || !text.startsWith("{") ? null : text;
  } catch {
    // A cycle or a BigInt: told apart from JSON by failing here.
    return null;
  }
}

function executePure(connector: PureConnector, config: Json): StepOutcome {
  try {
    return { output: connector.run(config) };
  } catch (error) {
    return failure(error);
  }
}

async function executeEffect(connector: EffectConnector, config: Json, tools: Tools): Promise<StepOutcome> {
  try {
    return { output: await connector.run(config, tools) };
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): StepOutcome {
  const message = error instanceof Error ? error.message : `The step threw ${String(error)}`;
  return { error: message, output: error instanceof StepFailure ? error.output : null };
}
