import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { ValidationFailed } from "../../errors.ts";
import { faultOfSignal, SIGNAL_NAME } from "../../language/definition/control.ts";
import type { SignalService } from "../../services/signals.ts";
import { BODY_ERRORS, responses } from "../openapi/documents.ts";
import { readBody } from "../request/body.ts";
import type { ReadAfter } from "../request/read-after.ts";

const KEY_HEADER = "idempotency-key";
const MAX_KEY = 255;

const Sent = Type.Object({
  signal_id: Type.String({ format: "uuid" }),
  status: Type.Union([Type.Literal("delivered"), Type.Literal("kept")], {
    description: "delivered: a step waits for it; kept: it waits for one",
  }),
});

/** Signals to runs. */
export function signalRoutes(signals: SignalService, readAfter: ReadAfter) {
  return new Elysia({ prefix: "/api/v1", normalize: false }).post(
    "/runs/:run_id/signals/:name",
    async ({ params, request }) => {
      const signal = nameOf(params.name);
      const body = await readBody(request);
      const { id, status, isRepeated } = await signals.send(params.run_id, signal, body, keyOf(request));
      const reply = await readAfter.reply(`{"signal_id":"${id}","status":"${status}"}`);
      if (isRepeated) reply.headers.set("idempotent-replayed", "true");
      return reply;
    },
    {
      detail: {
        tags: ["runs"],
        summary: "Send a signal to a run",
        description:
          "It is on disk before this answers, and ends one `wait` step of that name: one that waits, or the next that does.",
        parameters: [
          { name: "run_id", in: "path", required: true, schema: { type: "string", minLength: 1 } },
          { name: "name", in: "path", required: true, schema: { type: "string", pattern: SIGNAL_NAME } },
          {
            name: KEY_HEADER,
            in: "header",
            schema: { type: "string", minLength: 1, maxLength: MAX_KEY },
            description: "Requests with the same key send the signal once",
          },
        ],
        requestBody: {
          required: true,
          content: {
            "application/json": { schema: { description: "Any JSON, up to 256 KiB: the output of the step" } },
          },
        },
        responses: responses("The signal is stored", Sent, 404, 409, ...BODY_ERRORS, 429),
      },
    },
  );
}

function nameOf(text: string): string {
  const msg = faultOfSignal(text);
  if (msg === null) return text;
  throw new ValidationFailed([{ loc: ["path", "name"], msg, type: "string_pattern_mismatch" }]);
}

/** The key of a request that may be repeated; null without one. @throws ValidationFailed */
function keyOf({ headers }: Request): string | null {
  const key = headers.get(KEY_HEADER);
  if (key === null || (key !== "" && key.length <= MAX_KEY)) return key;
  const msg = `Input should have 1 to ${MAX_KEY} characters`;
  throw new ValidationFailed([{ loc: ["header", KEY_HEADER], msg, type: "value_error" }]);
}
