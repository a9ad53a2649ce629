/** A run that tests take along, without a thread or a clock. */
import { expect } from "bun:test";
import { Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import delay from "../../connectors/delay.ts";
import fail from "../../connectors/fail.ts";
import {
  type Connector,
  defineConnector,
  type PureConnector,
  StepFailure,
  type StepTypes,
} from "../../connectors/index.ts";
import set from "../../connectors/set.ts";
import succeed from "../../connectors/succeed.ts";
import transform from "../../connectors/transform.ts";
import wait from "../../connectors/wait.ts";
import type { Step } from "../../language/definition/step.ts";
import type { Json } from "../../schemas/json/json.ts";
import type { InboxRow } from "../../schemas/log/inbox.ts";
import { CANCELLED } from "../../schemas/log/interrupted.ts";
import type { LogEntry } from "../../schemas/log/log.ts";
import type { StepResult } from "../../schemas/runs/run.ts";
import type { StepOutcome } from "../entries.ts";
import { compile } from "../plan/compile.ts";
import { blockOf, type RunState } from "../state/state.ts";
import { haltEntry } from "./deciding/cancel.ts";
import { decide } from "./deciding/decide.ts";
import type { Decision } from "./deciding/decision.ts";
import { beginEntry, outcomeEntry } from "./recording/outcome.ts";
import { foldLog, record } from "./recording/record.ts";

export const NOW = Date.UTC(2030, 0, 1);
const RUN = "01900000-0000-7000-8000-000000000001";
export const effect = defineConnector({
  type: "effect",
  kind: "effect",
  description: "Is never started here.",
  config: Type.Object({}),
  run: () => Promise.reject(new Error("the engine started an effect")),
});
const types = typesOf(transform, delay, fail, set, succeed, wait, effect);

export function typesOf(...connectors: Connector[]): StepTypes {
  return new Map(
    connectors.map((connector) => [connector.type, { connector, validator: TypeCompiler.Compile(connector.config) }]),
  );
}

export const acts = (name: string): Step => ({ name, type: "effect", config: {} });
export const waits = (name: string, duration: number): Step => ({ name, type: "delay", config: { duration } });
export const listens = (name: string, ...signal: string[]): Step => ({ name, type: "wait", config: { signal } });
export const gives = (name: string, value: string): Step => ({ name, type: "transform", config: { value } });
export const fails = (name: string, code: string): Step => ({ name, type: "fail", config: { code, message: "no" } });

export const FAILED: StepOutcome = { code: "failed", error: "no", output: null };

/** A run as a thread takes it along: its effects are begun and stay under way until a test says how they ended. */
export class Played {
  readonly state: RunState;
  readonly log: LogEntry[] = [];
  readonly underWay = new Set<string>();
  /** When each effect was started last. */
  readonly #started = new Map<string, number>();
  readonly #steps: Step[];
  readonly #payload: Json;
  readonly #inbox: InboxRow[] = [];
  readonly #isFolded: boolean;

  /** @param isFolded whether each entry is followed by a look whether the log gives the same state */
  constructor(steps: Step[], payload: Json = {}, isFolded = true) {
    this.#isFolded = isFolded;
    this.#steps = steps;
    this.#payload = payload;
    this.state = foldLog(compile({ steps }, types), payload, []);
  }

  /** Everything that may be done at a time; gives what is left then. */
  go(now: number): Decision {
    for (;;) {
      const decision = decide(this.state, now, this.underWay);
      if (decision.kind === "record") this.#add(decision.entry);
      else if (decision.kind === "settle") {
        const entry = outcomeEntry(this.state, decision.block, RUN, now, decision.outcome, decision.inner);
        if (decision.taken !== undefined) entry[3] = decision.taken;
        this.#add(entry);
      } else if (decision.kind !== "execute") return decision;
      else if (decision.connector.kind === "pure") {
        const outcome = outcomeOf(decision.connector, decision.config);
        this.#add(outcomeEntry(this.state, decision.block, RUN, now, outcome));
      } else {
        if (!decision.hasBegun) this.#add(beginEntry(decision.block, now, null));
        this.underWay.add(decision.path);
        this.#started.set(decision.path, now);
      }
    }
  }

  /** A signal comes. */
  hears(name: string, now: number, body: Json = name): Decision {
    const seq = this.#inbox.length + 1;
    this.#inbox.push({ seq, kind: "signal", name, body: JSON.stringify(body), id: `id ${seq}`, receivedAt: now });
    this.state.inbox.hear(this.#inbox);
    return this.go(now);
  }

  /** How an effect ended. */
  ends(path: string, now: number, outcome: StepOutcome = { output: { from: path } }): Decision {
    const block = blockOf(this.state, path);
    if (block === undefined || !this.underWay.delete(path)) throw new Error(`no effect at ${path}`);
    this.#add(outcomeEntry(this.state, block, RUN, now, outcome, null, this.#started.get(path)));
    return this.go(now);
  }

  /** It is cancelled, and goes on to what comes of that. */
  cancel(now: number): Decision {
    while (this.state.halted === null) this.#add(haltEntry(this.state.root, CANCELLED, now));
    return this.go(now);
  }

  /** What is shown of it: the status of each step by its address. */
  get statuses(): Record<string, string> {
    return Object.fromEntries([...this.state.steps.values()].map(([, { step_name, status }]) => [step_name, status]));
  }

  /** What is shown of one of its steps; fails where there is nothing. */
  result(address: string): StepResult {
    const entry = [...this.state.steps.values()].findLast(([, { step_name }]) => step_name === address);
    if (entry === undefined) throw new Error(`no result of ${address}`);
    return entry[1];
  }

  #add(entry: LogEntry): void {
    this.log.push(entry);
    record(this.state, entry);
    if (entry[1].status === "skipped") this.underWay.delete(entry[0]);
    if (!this.#isFolded) return;
    const again = foldLog(compile({ steps: this.#steps }, types), this.#payload, structuredClone(this.log), {
      inbox: this.#inbox,
    });
    expect(again.blocks).toEqual(this.state.blocks);
    expect(again.root).toEqual(this.state.root);
    const paths = [...this.state.steps.keys()];
    expect(paths.map((path) => again.inbox.givenTo(path))).toEqual(paths.map((path) => this.state.inbox.givenTo(path)));
  }
}

function outcomeOf(connector: PureConnector, config: Json): StepOutcome {
  try {
    return { output: connector.run(config) };
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    const { code, message, output, details } = error;
    return { code, error: message, output, ...(details !== null && { details }) };
  }
}
