import { type Static, Type } from "@sinclair/typebox";

/** A step that waits. */
export const Waiting = Type.Object(
  {
    address: Type.String({ description: "Of the step, as in step_results" }),
    kind: Type.Union((["delay", "retry", "signal", "child"] as const).map((kind) => Type.Literal(kind))),
    until: Type.Optional(Type.String({ format: "date-time", description: "When it ends at the latest" })),
    run_id: Type.Optional(Type.String({ description: "Of the run that a child is; only where one run is read" })),
    signals: Type.Optional(Type.Array(Type.String(), { description: "Any of them ends it" })),
  },
  { title: "Waiting" },
);
export type Waiting = Static<typeof Waiting>;

/** A step that waits for a signal, and since when. */
export const SignalWait = Type.Object(
  {
    address: Waiting.properties.address,
    since: Type.Union([Type.String({ format: "date-time" }), Type.Null()]),
    until: Waiting.properties.until,
    signals: Type.Array(Type.String(), { description: "Any of them ends it" }),
  },
  { title: "SignalWait" },
);
export type SignalWait = Static<typeof SignalWait>;

/** More are left out. */
export const MAX_WAITING = 20;
