import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { ValidationFailed } from "../../../errors.ts";
import { faultOfSignal, SIGNAL_NAME } from "../../../language/definition/control.ts";
import type { RepeatableRequests } from "../../../services/repeatable.ts";
import type { SignalService } from "../../../services/signals.ts";
import type { SentSignal } from "../../../storage/port.ts";
import { BODY_ERRORS, responses } from "../../openapi/documents.ts";
import { readBody } from "../../request/body/body.ts";
import { IDEMPOTENCY_PARAMETER, idempotencyKeyOf, marked } from "../../request/idempotency.ts";
import type { ReadAfter } from "../../request/read-after.ts";

const Sent = Type.Object({
  signal_id: Type.String({ format: "uuid" }),
  status: Type.Union([Type.Literal("delivered"), Type.Literal("kept")], {
    description: "delivered: a step waits for it; kept: it waits for one",
  }),
});

/** Signals to runs. */
export function signalRoutes(signals: SignalService, requests: RepeatableRequests, readAfter: ReadAfter) {
  return new Elysia({ prefix: "/api/v1", normalize: false }).post(
    "/runs/:run_id/signals/:name",
    async ({ params, request }) => {
      const signal = nameOf(params.name);
      const body = await readBody(request);
      const runId = params.run_id.toLowerCase();
      const key = idempotencyKeyOf(request, `signals ${runId} ${signal}`, body);
      const send = async () => {
        const sent = await signals.send(runId, signal, body, key);
        return sent === null ? null : JSON.stringify(sent);
      };
      const { answer, isReplayed } = await requests.once(key, send);
      const { id, isDelivered }: SentSignal = JSON.parse(answer);
      const reply = await readAfter.reply(`{"signal_id":"${id}","status":"${isDelivered ? "delivered" : "kept"}"}`);
      return marked(reply, isReplayed);
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
          IDEMPOTENCY_PARAMETER,
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
