import type { FailedOutcome, StepOutcome } from "../../../src/engine/entries.ts";
import { MAX_OUTPUT } from "../../../src/engine/result.ts";
import type { RunState } from "../../../src/engine/state/state.ts";
import type { Ending } from "../../../src/engine/steps/deciding/decision.ts";
import { outputFailure } from "../../../src/engine/steps/recording/ending.ts";
import { findJsonFaults, type Json, MAX_DEPTH } from "../../../src/schemas/json/json.ts";
import { describeFailure } from "../../../src/step-failures.ts";
import type { RunEnd } from "../../../src/storage/port.ts";
import type { Executed } from "./executing.ts";

const MAX_OUTPUTS = 8 * 1024 * 1024;

/** The outputs of a run's steps, within their bounds. */
export class Outputs {
  /** JSON text of outputs since the run was last handed back, which its end need not make again. */
  readonly texts = new Map<Json, string>();
  readonly #state: RunState;
  /** Characters of those of nested steps, which may be dropped, by their paths, and of all of them. */
  readonly #sizes = new Map<string, number>();
  #size = 0;

  /** Begins with those that there are already. */
  constructor(state: RunState, beat: () => void) {
    this.#state = state;
    for (const [path, { output }] of state.steps.values()) {
      if (output === null) continue;
      this.#add(path, JSON.stringify(output).length);
      beat();
    }
  }

  /** An output of the step at a path that every store holds, or the failure that says why it is not one. */
  capped({ outcome, isConnectors }: Executed, path: string): StepOutcome {
    const { output } = outcome;
    const said = "error" in outcome ? storable(outcome) : outcome;
    if (output === null) return said;
    const text = jsonText(output);
    if (text === null || (isConnectors && !text.startsWith("{"))) return failed("output_not_json");
    if (text.length > MAX_OUTPUT) return failed("output_too_large");
    if (this.#state.dropped.length > 0) for (const dropped of this.#state.dropped.splice(0)) this.#add(dropped, 0);
    if (this.#add(path, text.length) > MAX_OUTPUTS) return failed("outputs_too_large");
    const fault = mayBeUnstorable(text)
      ? findJsonFaults(text).find(({ kind }) => kind === "depth" || kind === "string")
      : undefined;
    if (fault !== undefined) return failed(fault.kind === "depth" ? "output_too_deep" : "output_unstorable");
    const plain: Json = JSON.parse(text);
    this.texts.set(plain, text);
    return { ...said, output: plain };
  }

  /** The end of a run as it is stored, without its results; its own output is held against the same bounds. */
  endOf(ending: Ending, now: number): Omit<RunEnd, "stepResults"> {
    const { status, error, output, details } = this.#capped(ending, now);
    const end: Omit<RunEnd, "stepResults"> = { kind: "end", status, error };
    if (output !== undefined) end.output = JSON.stringify(output);
    if (details !== undefined) end.errorDetails = JSON.stringify(details);
    return end;
  }

  #capped(ending: Ending, now: number): Ending {
    const { output = null } = ending;
    if (output === null) return ending;
    const outcome = this.capped({ outcome: { output }, unexpected: null, isConnectors: false }, "");
    return "error" in outcome ? outputFailure(outcome, now) : { ...ending, output: outcome.output };
  }

  /** The output of a step has so many characters; gives those of all. */
  #add(path: string, size: number): number {
    if (!path.includes("/")) {
      this.#size += size;
      return this.#size;
    }
    this.#size += size - (this.#sizes.get(path) ?? 0);
    if (size === 0) this.#sizes.delete(path);
    else this.#sizes.set(path, size);
    return this.#size;
  }
}

/** What no store keeps, in JSON text that is written by JSON.stringify; an escaped backslash is one of its own. */
const UNSTORABLE = /\\\\|\\u(?:0000|d[89a-f][0-9a-f]{2})/g;

/** A failure whose words every store holds: those of an author may have anything in them that a step gave. */
function storable(outcome: FailedOutcome): FailedOutcome {
  const { error, details = null } = outcome;
  const text = JSON.stringify([error, details]);
  if (!text.includes("\\u")) return outcome;
  const mended = text.replace(UNSTORABLE, (found) => (found.startsWith("\\u") ? "\uFFFD" : found));
  const [words, more]: [string, Json] = JSON.parse(mended);
  return { ...outcome, error: words, ...(details !== null && { details: more }) };
}

/** Whether a text may hold what a store refuses: NUL and lone surrogates are escapes in it, nesting takes two brackets each. */
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

/** A failure whose sentence has no subjects. */
function failed(
  name: "output_not_json" | "output_too_large" | "output_too_deep" | "output_unstorable" | "outputs_too_large",
): StepOutcome {
  return { ...describeFailure(name, {}), output: null };
}
