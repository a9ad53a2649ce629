import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { ValidationFailed } from "../../../errors.ts";
import { checkOf } from "../../../schemas/json/check.ts";
import { checked } from "../../../schemas/json/faults.ts";
import { MAX_DEPTH } from "../../../schemas/json/json.ts";
import { shownFaults } from "../../../schemas/json/shown-faults.ts";
import { RunStatus } from "../../../schemas/runs/run.ts";
import { TriggerBatchInput, TriggerInput } from "../../../schemas/runs/trigger.ts";
import type { Answered, RepeatableRequests } from "../../../services/repeatable.ts";
import type { RunWaits } from "../../../services/run-waits.ts";
import type { RunService } from "../../../services/runs.ts";
import type { BatchedTrigger, TriggerBatches, TriggerOutcome } from "../../../services/trigger-batches.ts";
import type { TriggerService } from "../../../services/triggers.ts";
import { BODY_ERRORS, reference, requestBody, responses } from "../../openapi/documents.ts";
import { readBody } from "../../request/body/body.ts";
import { depthOf } from "../../request/depth.ts";
import {
  IDEMPOTENCY_PARAMETER,
  idempotencyKeyIn,
  idempotencyKeyOf,
  marked,
  refuseIdempotencyKey,
} from "../../request/idempotency.ts";
import { WAIT_PARAMETER, waitOf } from "../../request/queries/wait.ts";
import type { ReadAfter } from "../../request/read-after.ts";
import { traceOf } from "../../request/watching/traces.ts";
import { endedText } from "../views.ts";

const Triggered = Type.Object({
  run_id: Type.String({ format: "uuid" }),
  status: Type.Union([Type.Literal("triggered"), RunStatus], {
    description: "triggered; with `wait` the status of the run",
  }),
  run: Type.Optional(
    Type.Union([Type.Unsafe(reference("Run")), Type.Null()], {
      description: "With `wait`: the run, null where it has not ended in that time",
    }),
  ),
});
const TriggeredBatch = Type.Object({
  results: Type.Array(
    Type.Union([
      Type.Object({ run_id: Type.String({ format: "uuid" }), status: Type.Literal("triggered") }),
      Type.Object({
        error: Type.Object({
          code: Type.String(),
          detail: Type.Union([Type.String(), Type.Array(Type.Unsafe(reference("Finding")))]),
        }),
      }),
    ]),
  ),
});
const batchInput = checkOf(TriggerBatchInput);
/** A payload of a batch stands so much deeper in the body. */
const BATCH_DEPTH = 2;
const triggerInput = checkOf(TriggerInput);
/** Of keys of requests. */
const ROUTE = "trigger";
const tags = ["runs"];

/** What starts runs. */
export function triggerRoutes(
  triggers: TriggerService,
  batches: TriggerBatches,
  requests: RepeatableRequests,
  runs: RunService,
  waits: RunWaits,
  readAfter: ReadAfter,
) {
  return new Elysia({ prefix: "/api/v1", normalize: false })
    .post(
      "/trigger/batch",
      async ({ request }) => {
        refuseIdempotencyKey(request);
        const { triggers: items } = checked(batchInput, await readBody(request, MAX_DEPTH + BATCH_DEPTH), "body");
        const outcomes = await batches.triggerAll(items.map(batched), depthOf(request), traceOf(request));
        return readAfter.reply(`{"results":[${outcomes.map((one) => outcomeText(one, outcomes.length)).join(",")}]}`);
      },
      {
        detail: {
          tags,
          summary: "Start up to 1,000 runs",
          description:
            "They are stored together, and each has an outcome of its own. A body that does not fit is refused whole: then none is started.",
          requestBody: requestBody("TriggerBatchInput"),
          responses: responses("What came of each, in order", TriggeredBatch, ...BODY_ERRORS),
        },
      },
    )
    .post(
      "/trigger",
      async ({ request }) => {
        const seconds = waitOf(request);
        if (seconds !== null) return triggerAndWait(request, seconds);
        const { answer: uuid, isReplayed } = await start(request);
        return marked(await readAfter.reply(`{"run_id":"${uuid}","status":"triggered"}`), isReplayed);
      },
      {
        detail: {
          tags,
          summary: "Start a run",
          description: "The run is on disk before this answers.",
          parameters: [WAIT_PARAMETER, IDEMPOTENCY_PARAMETER],
          requestBody: requestBody("TriggerInput"),
          responses: responses("The run is stored and will be executed", Triggered, 404, 409, ...BODY_ERRORS),
        },
      },
    );

  async function triggerAndWait(request: Request, seconds: number): Promise<Response> {
    // Before the run is stored: who is refused has started nothing.
    const place = waits.enter();
    try {
      const { answer: uuid, isReplayed } = await start(request);
      await place.until(runs.keyOf(uuid), seconds * 1000, request.signal);
      return marked(await readAfter.reply(endedText(await runs.get(uuid))), isReplayed);
    } finally {
      place.leave();
    }
  }

  /** Starts a run, which is on disk then. */
  async function start(request: Request): Promise<Answered> {
    const body = await readBody(request);
    const input = checked(triggerInput, body, "body");
    const key = idempotencyKeyOf(request, ROUTE, body);
    const trigger = () => triggers.trigger(input, depthOf(request), traceOf(request), key);
    // Most have no key, and pay for none.
    if (key === null) return { answer: (await trigger()) ?? "", isReplayed: false };
    return requests.once(key, trigger);
  }
}

function batched(item: TriggerBatchInput["triggers"][number]): BatchedTrigger {
  const { idempotency_key: _, ...input } = item;
  return { input, key: idempotencyKeyIn(item, ROUTE) };
}

/** `count`: of outcomes in the answer. */
function outcomeText(outcome: TriggerOutcome, count: number): string {
  if ("runId" in outcome) return `{"run_id":"${outcome.runId}","status":"triggered"}`;
  const { error } = outcome;
  if (error instanceof ValidationFailed) {
    return JSON.stringify({ error: { code: "validation_failed", detail: shownFaults(error.faults, count) } });
  }
  return JSON.stringify({ error: { code: error.code, detail: error.message } });
}
