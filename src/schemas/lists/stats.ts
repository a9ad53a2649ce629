/** Numbers of runs over a time. */
import { type Static, Type } from "@sinclair/typebox";

/** The windows that can be asked for: minutes of each, and of the parts that it falls into. */
export const WINDOWS = {
  "15m": { minutes: 15, part: 1 },
  "1h": { minutes: 60, part: 1 },
  "24h": { minutes: 1440, part: 60 },
  "7d": { minutes: 10_080, part: 60 },
} as const;
export type Window = keyof typeof WINDOWS;
const NAMES = ["15m", "1h", "24h", "7d"] as const satisfies Window[];

export const StatsQuery = Type.Object(
  {
    window: Type.Optional(
      Type.Union(
        NAMES.map((name) => Type.Literal(name)),
        { default: "1h", description: "15m and 1h fall into minutes, 24h and 7d into hours" },
      ),
    ),
  },
  { additionalProperties: false },
);
export type StatsQuery = Static<typeof StatsQuery>;

const count = (description?: string) => Type.Integer({ minimum: 0, ...(description !== undefined && { description }) });
const counts = {
  created: count("Runs that were made"),
  success: count("Runs that ended so"),
  failed: count(),
  cancelled: count(),
};
const time = Type.String({ format: "date-time" });

/** How long runs took. */
export const TimesTaken = Type.Object(
  {
    count: count(
      "Runs of which it is known: not those from before the upgrade that brought it, and of a process that was killed not its last ten seconds",
    ),
    p50_seconds: Type.Number({ minimum: 0, description: "Half of them took no longer" }),
    p95_seconds: Type.Number({ minimum: 0, description: "95 of 100 took no longer" }),
  },
  {
    title: "TimesTaken",
    description:
      "From the begin of runs that ended as success or failed until their end was stored, to a tenth of the time",
  },
);
const took = Type.Union([TimesTaken, Type.Null()], {
  description: "How long runs took; null where it is known of none",
});

export const RunNumbers = Type.Object({ ...counts, took }, { title: "RunNumbers" });

export const NumbersOfPart = Type.Object(
  { at: Type.String({ format: "date-time", description: "When it begins" }), ...counts },
  { title: "NumbersOfPart" },
);

const nullable = Type.Union([Type.String(), Type.Null()]);

export const NumbersOfWorkflow = Type.Object(
  {
    ...{ uuid: Type.String({ format: "uuid" }), id: nullable, name: nullable, ...counts, took },
    failed_in_parts: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0 }), {
        description: "Runs that failed in each of `parts`; of the first ten workflows with any",
      }),
    ),
  },
  { title: "NumbersOfWorkflow", description: "id and name are null once it is deleted" },
);

export const Stats = Type.Object(
  {
    window: Type.String(),
    from: time,
    to: time,
    part_seconds: Type.Integer({ description: "How long a part is" }),
    total: RunNumbers,
    parts: Type.Array(NumbersOfPart, { description: "From the oldest to the one that is under way" }),
    workflows: Type.Array(NumbersOfWorkflow, {
      maxItems: 50,
      description: "Those with the most failed runs, then with the most runs",
    }),
  },
  { title: "Stats" },
);
export type Stats = Static<typeof Stats>;

/** Those with a name, for OpenAPI. */
export const STATS_SCHEMAS = { Stats, RunNumbers, NumbersOfPart, NumbersOfWorkflow, TimesTaken };
