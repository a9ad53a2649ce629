import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { isoTime } from "../../clock.ts";
import { HookInput } from "../../schemas/hook.ts";
import { checkOf } from "../../schemas/json/check.ts";
import { checked } from "../../schemas/json/faults.ts";
import { RunStatus } from "../../schemas/runs/run.ts";
import type { HookService } from "../../services/hooks/hooks.ts";
import type { RunWaits } from "../../services/run-waits.ts";
import type { RunService } from "../../services/runs.ts";
import type { HookRecord } from "../../storage/port.ts";
import { BODY_ERRORS, pageOf, reference, requestBody, responses } from "../openapi/documents.ts";
import { readBody, readSigned } from "../request/body/body.ts";
import { deliveryPayload } from "../request/delivery.ts";
import { depthOf } from "../request/depth.ts";
import { PAGE_PARAMETERS, readPageQuery } from "../request/queries/query.ts";
import { WAIT_PARAMETER, waitOf } from "../request/queries/wait.ts";
import type { ReadAfter } from "../request/read-after.ts";
import { traceOf } from "../request/watching/traces.ts";
import { endedText, jsonReply, pageText } from "./views.ts";

const Received = Type.Object({
  run_id: Type.Optional(Type.String({ format: "uuid", description: "Absent where the filter leaves it out" })),
  status: Type.Union([Type.Literal("triggered"), Type.Literal("ignored"), RunStatus], {
    description: "triggered, or with `wait` the status of the run; ignored: the filter leaves it out",
  }),
  run: Type.Optional(
    Type.Union([Type.Unsafe(reference("Run")), Type.Null()], {
      description: "With `wait`: the run, null where it has not ended in that time",
    }),
  ),
});
const Deleted = Type.Object({ message: Type.String(), hook_id: Type.String({ format: "uuid" }) });
const ANY = { schema: { description: "Whatever the sender has to say" } };
const hookInput = checkOf(HookInput);
const tags = ["hooks"];

const parameter = (description: string) => ({
  name: "hook_id",
  in: "path" as const,
  required: true,
  schema: { type: "string" as const, minLength: 1 },
  description,
});
const ID = parameter("The id of the hook");

/** Inbound hooks: addresses for programs that tell of something. */
export function hookRoutes(hooks: HookService, runs: RunService, waits: RunWaits, readAfter: ReadAfter) {
  return new Elysia({ prefix: "/api/v1/hooks", normalize: false })
    .post(
      "",
      async ({ request }) => {
        const { id, token } = await hooks.create(checked(hookInput, await readBody(request), "body"));
        return jsonReply(JSON.stringify({ id, token, url: urlOf(request, token) }));
      },
      {
        detail: {
          tags,
          summary: "Create a hook",
          description: "Whoever has its url can start runs of the workflow. It is told this once.",
          requestBody: requestBody("HookInput"),
          responses: responses("The hook's address", reference("HookToken"), 404, ...BODY_ERRORS),
        },
      },
    )
    .get("", async ({ request }) => jsonReply(pageText(await hooks.list(readPageQuery(request)), hookText)), {
      detail: {
        tags,
        summary: "List hooks",
        parameters: PAGE_PARAMETERS,
        responses: responses("A page of hooks", pageOf("Hook"), 422, 500, 503),
      },
    })
    .get("/:hook_id", async ({ params }) => jsonReply(hookText(await hooks.get(params.hook_id))), {
      detail: {
        tags,
        summary: "Read a hook",
        parameters: [ID],
        responses: responses("The hook", reference("Hook"), 404, 500, 503),
      },
    })
    .delete(
      "/:hook_id",
      async ({ params: { hook_id } }) => {
        await hooks.delete(hook_id);
        return jsonReply(JSON.stringify({ message: "Hook deleted successfully", hook_id }));
      },
      {
        detail: {
          tags,
          summary: "Delete a hook; its runs stay",
          parameters: [ID],
          responses: responses("Deleted", Deleted, 404, 500, 503),
        },
      },
    )
    .post(
      "/:hook_id/rotate",
      async ({ params, request }) => {
        const { id, token } = await hooks.rotate(params.hook_id);
        return jsonReply(JSON.stringify({ id, token, url: urlOf(request, token) }));
      },
      {
        detail: {
          tags,
          summary: "Give a hook another token",
          description: "The one before is over at once.",
          parameters: [ID],
          responses: responses("The hook's new address", reference("HookToken"), 404, 500, 503),
        },
      },
    )
    .post(
      "/:hook_id",
      async ({ params, request }) => {
        const seconds = waitOf(request);
        if (seconds !== null) return receiveAndWait(params.hook_id, request, seconds);
        const run_id = await receive(params.hook_id, request);
        return readAfter.reply(run_id === null ? IGNORED : JSON.stringify({ run_id, status: "triggered" }), 202);
      },
      {
        detail: {
          tags,
          summary: "Deliver to a hook",
          description:
            "The payload of the run is `{method, headers, query, body}`. The body may be JSON, a form or text, of up to 1 MiB.",
          parameters: [parameter("The token of the hook, which is in its url"), WAIT_PARAMETER],
          requestBody: {
            content: { "application/json": ANY, "application/x-www-form-urlencoded": ANY, "text/plain": ANY },
          },
          responses: taken(responses("Taken", Received, 401, 404, 409, ...BODY_ERRORS)),
        },
      },
    );

  async function receive(token: string, request: Request): Promise<string | null> {
    const { bytes, text } = await readSigned(request);
    return hooks.receive(token, {
      headers: request.headers,
      bytes,
      payload: () => deliveryPayload(request, text),
      depth: depthOf(request),
      trace: traceOf(request),
    });
  }

  async function receiveAndWait(token: string, request: Request, seconds: number): Promise<Response> {
    // Before the run is stored: who is refused has started nothing.
    const place = waits.enter();
    try {
      const run = await receive(token, request);
      if (run === null) return readAfter.reply(IGNORED, 202);
      await place.until(runs.keyOf(run), seconds * 1000, request.signal);
      return readAfter.reply(endedText(await runs.get(run)), 202);
    } finally {
      place.leave();
    }
  }
}

const IGNORED = '{"status":"ignored"}';

/** Answers of a route that takes something in: its good one is a 202. */
function taken<Ok, Rest extends object>({ "200": ok, ...rest }: { "200": Ok } & Rest) {
  return { "202": ok, ...rest };
}

/** The address for senders, as the request came to this server; a proxy in front says whether it came by TLS. */
function urlOf({ url, headers }: Request, token: string): string {
  const path = `/api/v1/hooks/${token}`;
  if (!URL.canParse(url)) return path;
  const { protocol, host } = new URL(url);
  return `${headers.get("x-forwarded-proto") === "https" ? "https:" : protocol}//${host}${path}`;
}

/** A hook as the contract shows it. */
function hookText({ uuid, workflow, verify, filter, createdAt, rotatedAt }: HookRecord): string {
  return JSON.stringify({
    id: uuid,
    workflow_id: workflow,
    verify: verify && { scheme: verify.scheme },
    filter,
    created_at: isoTime(createdAt),
    rotated_at: rotatedAt === null ? null : isoTime(rotatedAt),
  });
}
