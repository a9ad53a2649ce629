/** How an installation is: what a process says of itself and of what it stands on. */
import { type Static, type TSchema, Type } from "@sinclair/typebox";

const count = (description: string) => Type.Integer({ minimum: 0, description });
const states = <Word extends string>(words: readonly Word[], description: string) =>
  Type.Record(Type.String(), Type.Union(words.map((word) => Type.Literal(word))), { description });

export const SystemQueue = Type.Object(
  {
    running: count("Runs that workers hold, as each told last"),
    due: count("Runs that may be claimed now, and that no worker has taken yet: they are late"),
    oldest_due_seconds: Type.Number({ minimum: 0, description: "For how long the first of them may" }),
    asleep: count("Runs that were begun, and wait for a time"),
    waiting: count("Runs that wait for a signal or the end of another run"),
    in_line: count("Runs that wait for their turn"),
    paused: count("Runs that stand still on request"),
  },
  { title: "SystemQueue", description: "Some seconds old; of each 10,000 are counted at most" },
);

export const SystemLimits = Type.Object(
  {
    retention_days: count("How long runs that are over are kept; 0: for ever"),
    lease_seconds: Type.Number({ description: "After which another worker takes the runs of one that is silent" }),
    steps: count("Of a definition, at the top"),
    waiting_requests: count("Requests of a process that wait for the end of a run"),
  },
  { title: "SystemLimits" },
);

const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const process = {
  id: Type.String({ format: "uuid" }),
  version: nullable(Type.String()),
  host: nullable(Type.String({ description: "The name of its machine" })),
  started_at: nullable(Type.String({ format: "date-time" })),
  event_loop_ms: nullable(
    count("How late its timers were at most in the ten seconds before it last told: so long did all that it does wait"),
  ),
};
const TELLS = "It tells three times in lease_seconds, and one that is gone is listed for as long";

export const SystemWorker = Type.Object(
  { ...process, runs: nullable(count("Runs that it held when it last told")) },
  {
    title: "SystemWorker",
    description: `What executes runs; null for what one of the version before does not tell. ${TELLS}`,
  },
);

export const SystemApi = Type.Object(
  { ...process, requests: nullable(count("Requests that it was answering when it last told, streams among them")) },
  { title: "SystemApi", description: `A process that serves the API. ${TELLS}` },
);

/** What a process answers. */
export const System = Type.Object(
  {
    version: Type.String(),
    license: Type.String(),
    mode: Type.String({ description: "The services that are set; embedded without any" }),
    started_at: Type.String({ format: "date-time", description: "When the process that answers began" }),
    event_loop_ms: count("How late its timers were at most in the last ten seconds"),
    dead_letters: nullable(
      count("Messages that no worker could take, ever put aside; null without Kafka, and until it was asked"),
    ),
    parts: states(["up", "degraded", "down"], "The services that it stands on"),
    breakers: states(["closed", "open", "half_open"], "Those before services"),
    out: Type.Union([Type.String(), Type.Null()], {
      description: "What is needed and out; null where it can do its work",
    }),
    queue: Type.Union([SystemQueue, Type.Null()], { description: "Null where the database can't be asked" }),
    workers: Type.Union([Type.Array(SystemWorker, { maxItems: 100 }), Type.Null()], {
      description: "Null where the database can't be asked",
    }),
    apis: Type.Union([Type.Array(SystemApi, { maxItems: 100 }), Type.Null()], { description: "Likewise" }),
    limits: SystemLimits,
  },
  { title: "System" },
);
export type System = Static<typeof System>;

/** Those with a name, for OpenAPI. */
export const SYSTEM_SCHEMAS = { System, SystemQueue, SystemWorker, SystemApi, SystemLimits };
