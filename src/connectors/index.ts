/**
 * Step types. Every other file of this folder (tests aside) is one step type and default-exports a Connector; adding a
 * file adds a step type, to the API and to the threads alike.
 */
import type { Static, TSchema } from "@sinclair/typebox";
import { type Check, checkOf } from "../schemas/json/check.ts";
import type { Json, JsonObject } from "../schemas/json/json.ts";
import type { Child } from "../schemas/runs/child.ts";
import { describeFailure, type FailureName, type Subjects } from "../step-failures.ts";

/** All that a connector may use of the outside world, so that it can be tested, and its costs charged to its run. */
export interface Tools {
  /** `<run>:<path>`: the same on every attempt of this step, so that a receiver can drop repetitions. */
  idempotencyKey: string;
  /** Workflows that triggered one another up to this run. */
  depth: number;
  /** Its place in the trace of its run (W3C); null without one. */
  traceparent: string | null;
  /** HTTP with the reply already read, because a stream cannot be shared with the watchdog. Throws on no reply. */
  fetch(request: HttpRequest): Promise<HttpReply>;
  /** Aborts when the step has to give up. */
  signal: AbortSignal;
}

export interface HttpRequest {
  /** Without a user and password: these are a header. */
  url: string;
  method: string;
  /** The author's: they stay behind where a redirect leads to another origin. */
  headers: [name: string, value: string][];
  /** The platform's own, which go with every request. None of the author's has a name of theirs. */
  ownHeaders: [name: string, value: string][];
  body: string | null;
  /** Redirects that are followed at most. */
  follow: number;
}

export interface HttpReply {
  status: number;
  /** The address that answered: another than the request's where a redirect was followed. */
  url: string;
  /** Redirects that were followed on the way to it. */
  redirects: number;
  /** Where a redirect leads that was not followed; null when the reply is none. */
  location: string | null;
  /** Seconds until the receiver wants to be asked again; null where it does not say. */
  retryAfter: number | null;
  /** Parsed where the reply says JSON and is, else its text. */
  data: Json;
  /** Parts of the body that could not be kept as they came. */
  faults: ReplyFaults;
}

/** Parts of a reply's body that could not be kept as they came. */
export interface ReplyFaults {
  count: number;
  /** The first of them: paths of keys and indexes below `data`. */
  first: { path: (string | number)[]; fault: "number" | "string" | "depth" | "json" | "size" | "coding" }[];
}

/** A fault of a step's config: where below `config`, what to do about it, and a word for it (value_error). */
export type ConfigFault = { path: (string | number)[]; message: string; type?: string };

/** Thrown by a connector to fail its step; the output, where given, stays readable in the step's result. */
export class StepFailure extends Error {
  /** A word of FailureCode, or of the workflow's author. */
  readonly code: string;
  readonly output: JsonObject | null;
  /** Values that a retry may look at, such as `status` and `retry_after`. */
  readonly details: Json;
  constructor(code: string, message: string, output: JsonObject | null = null, details: Json = null) {
    super(message);
    this.name = "StepFailure";
    this.code = code;
    this.output = output;
    this.details = details;
  }

  /** One of the failures that the platform has a sentence for. */
  static of<Name extends FailureName>(
    name: Name,
    subjects: Subjects<Name>,
    output: JsonObject | null = null,
    details: JsonObject | null = null,
  ): StepFailure {
    const { code, error } = describeFailure(name, subjects);
    return new StepFailure(code, error, output, details);
  }
}

/** Thrown by `fetch` where a reply came whose body can't be kept: too large, or not decompressed. `reply`: what came before that. */
export class ReplyUnread extends StepFailure {
  constructor(
    { code, message }: StepFailure,
    readonly fault: "size" | "coding",
    readonly reply: Omit<HttpReply, "data" | "faults">,
  ) {
    super(code, message, null, { status: reply.status });
  }
}

interface ConnectorBase<Schema extends TSchema> {
  /** The word that a workflow writes in `type`. */
  type: string;
  /** One sentence for the API's documentation. */
  description: string;
  /** What `config` must look like, before placeholders are resolved and again after. */
  config: Schema;
  /** Rules that a schema cannot express. Called with a config that fits the schema, placeholders unresolved. */
  check?(config: Static<Schema>): ConfigFault[];
  /** Fields that are read before there is a run, so that they can be no placeholders. */
  fixed?: ReadonlySet<string>;
  /** For fields whose texts can't be joined with what placeholders bring into them as it is. */
  join?: ReadonlyMap<string, Join>;
  /** For fields that one placeholder may stand for: what `check` refuses, and `run` takes, in those that are written out. */
  brought?: ReadonlyMap<string, (value: Json) => ConfigFault[]>;
  /** For fields that may hold secrets: what may be shown of their values. */
  shows?: ReadonlyMap<string, (value: Json) => Json>;
}

/** Joins the fixed parts of a text and what placeholders bring in between, or says why that can't be. */
export type Join = (fixed: readonly string[], brought: readonly string[]) => string | { fault: string };

/** Computes its output from its config alone; may run again after a crash, so it must have no effect. */
export interface PureConnector<Schema extends TSchema = TSchema> extends ConnectorBase<Schema> {
  kind: "pure";
  run(config: Static<Schema>): JsonObject;
}

/** Waits for a time: the run is given back and holds no thread meanwhile. */
export interface WaitConnector<Schema extends TSchema = TSchema> extends ConnectorBase<Schema> {
  kind: "wait";
  /** How long from a moment on (milliseconds since the epoch), in milliseconds; or why it can't wait. */
  milliseconds(config: Static<Schema>, now: number): number | ConfigFault;
  output(config: Static<Schema>): JsonObject;
}

/** Acts on the world: its result is checkpointed before the next effect starts; at least once, with a stable key. */
export interface EffectConnector<Schema extends TSchema = TSchema> extends ConnectorBase<Schema> {
  kind: "effect";
  /** The host that is acted on: one that is silent delays no others. Null for none, or where placeholders are to bring it. */
  host?(config: Static<Schema>): string | null;
  run(config: Static<Schema>, tools: Tools): Promise<JsonObject>;
}

/** Waits for a signal: the run is given back and holds nothing meanwhile. The output is what was sent. */
export interface SignalConnector<Schema extends TSchema = TSchema> extends ConnectorBase<Schema> {
  kind: "signal";
  /** The names of the signals of which any ends it. */
  signals(config: Static<Schema>): string[];
}

/** Starts a run of another workflow, and waits for it: the run is given back and holds nothing meanwhile. */
export interface ChildConnector<Schema extends TSchema = TSchema> extends ConnectorBase<Schema> {
  kind: "child";
  child(config: Static<Schema>): Child;
}

export type Connector<Schema extends TSchema = TSchema> =
  | PureConnector<Schema>
  | WaitConnector<Schema>
  | EffectConnector<Schema>
  | SignalConnector<Schema>
  | ChildConnector<Schema>;

/** Gives a connector file its types: `export default defineConnector({…})`. */
export function defineConnector<Schema extends TSchema>(connector: Connector<Schema>): Connector<Schema> {
  return connector;
}

/** A connector with the check of its schema, for the engine and the API. */
export interface StepType {
  connector: Connector;
  validator: Check<TSchema>;
}

export type StepTypes = ReadonlyMap<string, StepType>;

/** Loads every step type of this folder. @throws Error when a file has none, or two have the same: a mistake of the build, not of a user */
export async function loadStepTypes(): Promise<StepTypes> {
  const types = new Map<string, StepType>();
  const files = [...new Bun.Glob("*.ts").scanSync({ cwd: import.meta.dir })].sort();
  for (const file of files) {
    if (file === "index.ts" || file.endsWith(".test.ts")) continue;
    const { default: connector }: { default?: unknown } = await import(`./${file}`);
    if (!isConnector(connector)) throw new Error(`src/connectors/${file} default-exports nothing of defineConnector`);
    if (types.has(connector.type)) throw new Error(`src/connectors/${file} repeats the step type "${connector.type}"`);
    types.set(connector.type, { connector, validator: checkOf(connector.config) });
  }
  return types;
}

function isConnector(value: unknown): value is Connector {
  if (typeof value !== "object" || value === null || !("kind" in value && "type" in value && "config" in value))
    return false;
  const does = { wait: "milliseconds", signal: "signals", child: "child" };
  const runs = Object.entries(does).find(([kind]) => kind === value.kind)?.[1] ?? "run";
  return typeof value.type === "string" && runs in value;
}
