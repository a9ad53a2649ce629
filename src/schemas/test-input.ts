import { type Static, Type } from "@sinclair/typebox";
import { CODE_PATTERN, SIGNAL_NAME } from "../language/definition/control.ts";
import { MAX_DURATION_SECONDS } from "../language/definition/durations.ts";
import { WorkflowReference } from "../language/definition/reference.ts";
import type { Json, JsonObject } from "./json/json.ts";

const anyObject = Type.Unsafe<JsonObject>(Type.Record(Type.String(), Type.Unknown()));
const anyJson = Type.Unsafe<Json>(Type.Unknown());

export const MockOutput = Type.Object(
  { output: anyObject },
  { additionalProperties: false, title: "MockOutput", description: "The step succeeds with this output" },
);

export const MockReply = Type.Object(
  {
    status: Type.Integer({ minimum: 100, maximum: 599 }),
    body: Type.Optional(anyJson),
    headers: Type.Optional(Type.Record(Type.String(), Type.String())),
  },
  { additionalProperties: false, title: "MockReply", description: "The webhook is answered so" },
);

export type MockReply = Static<typeof MockReply>;

export const MockError = Type.Object(
  {
    error: Type.Object(
      {
        code: Type.String({ pattern: CODE_PATTERN }),
        message: Type.String({ maxLength: 4096 }),
        details: Type.Optional(anyJson),
      },
      { additionalProperties: false, title: "MockErrorContent" },
    ),
  },
  { additionalProperties: false, title: "MockError", description: "The step fails with this error" },
);

/** What happens when a step acts on the world. */
export const Mock = Type.Union([MockOutput, MockReply, MockError], {
  description: "an output, a status of a reply, or an error",
});
export type Mock = Static<typeof Mock>;

export const Mocks = Type.Record(Type.String(), Type.Array(Mock, { minItems: 1, maxItems: 1000 }), {
  description: "By the address of the step; used in order, the last one stays. [*] in an address is for every index",
});
export type Mocks = Static<typeof Mocks>;

export const TestSignal = Type.Object(
  {
    at: Type.Number({ minimum: 0, maximum: MAX_DURATION_SECONDS, description: "Seconds of virtual time" }),
    name: Type.String({ pattern: SIGNAL_NAME }),
    body: Type.Optional(anyJson),
  },
  { additionalProperties: false, title: "TestSignal", description: "A signal that a client sends meanwhile" },
);
export const TestSignals = Type.Array(TestSignal, { maxItems: 1000 });
export type TestSignals = Static<typeof TestSignals>;

export const TestInput = Type.Object(
  {
    definition: Type.Optional(
      Type.Unsafe<Json>(Type.Unknown({ description: "A WorkflowInput; this, or workflow_id" })),
    ),
    workflow_id: Type.Optional(WorkflowReference),
    version: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: "Of workflow_id" })),
    payload: Type.Optional(anyObject),
    mocks: Type.Optional(Mocks),
    signals: Type.Optional(TestSignals),
  },
  { additionalProperties: false, title: "TestInput" },
);
export type TestInput = Static<typeof TestInput>;
