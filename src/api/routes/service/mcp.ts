import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { PlatformError, ValidationFailed } from "../../../errors.ts";
import { isOfThisMachine } from "../../../requests/hosts.ts";
import type { Json } from "../../../schemas/json/json.ts";
import { DEPTH_HEADER } from "../../../schemas/runs/depth.ts";
import { errorReply, message, RpcError } from "../../mcp/messages.ts";
import { answer, idOf } from "../../mcp/server.ts";
import { type Asked, LEVELS, type Level, type Told } from "../../mcp/tools/tool.ts";
import { readBody } from "../../request/body/body.ts";
import { queryReader } from "../../request/queries/query.ts";
import { READS_PRIMARY } from "../../request/read-after.ts";

const LevelQuery = Type.Object(
  { level: Type.Optional(Type.Union(LEVELS.map((level) => Type.Literal(level)))) },
  { additionalProperties: false },
);
const levelQuery = queryReader(LevelQuery);
/** A definition stands so much deeper in the message. */
const MESSAGE_DEPTH = 128;
/** Where nobody listens: such requests never leave this process. */
const WITHIN = "http://127.0.0.1/api/v1";

/** Tools for programs that write workflows. @param ask carries out a request of the API */
export function mcpRoutes(ask: (request: Request) => Promise<Response>) {
  return new Elysia({ normalize: false }).post(
    "/mcp",
    async ({ request, server }) => {
      const peer = server?.requestIP(request)?.address ?? "";
      if (!isOfThisMachine(request.headers, peer)) throw new PlatformError("loopback_only");
      const level = levelOf(request);
      let id: string | number | undefined;
      try {
        const body = await bodyOf(request);
        id = idOf(body);
        if (!message.Check(body)) throw new RpcError("request", whyNoMessage(body));
        const api = (asked: Asked) => told(ask(requestOf(asked, request)));
        return (await answer(body, { headers: request.headers, level, api })) ?? new Response(null, { status: 202 });
      } catch (error) {
        if (error instanceof RpcError) return errorReply(error, id);
        throw error;
      }
    },
    { detail: { hide: true } },
  );
}

/** @throws RpcError where it is no JSON; PlatformError */
async function bodyOf(request: Request): Promise<Json> {
  try {
    return await readBody(request, MESSAGE_DEPTH);
  } catch (error) {
    if (!(error instanceof ValidationFailed)) throw error;
    throw new RpcError("parse", error.faults[0]?.msg ?? error.message);
  }
}

/** `?level=` of the address that its user gave the client; write without it. @throws ValidationFailed */
function levelOf(request: Request): Level {
  return levelQuery(request).level ?? "write";
}

function whyNoMessage(body: Json): string {
  if (Array.isArray(body)) return "Several messages at once are not taken: send each by itself";
  const field = message.Errors(body).First()?.path.split("/")[1] ?? "";
  return `This is no message of JSON-RPC 2.0${field === "" ? ": it is an object" : `: ${field} is missing or wrong`}`;
}

/** What a tool asks of the API, on behalf of a request that came. */
function requestOf({ method, path, query = {}, headers = {}, body }: Asked, asking: Request): Request {
  const url = new URL(WITHIN + path);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  const text = body === undefined ? null : JSON.stringify(body);
  // A route whose body may be left out goes by its length.
  const json =
    text === null ? {} : { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) };
  const depth = asking.headers.get(DEPTH_HEADER);
  const ofWorkflow = depth === null ? {} : { [DEPTH_HEADER]: depth };
  return new Request(url.href, {
    method,
    headers: { ...READS_PRIMARY, ...ofWorkflow, ...json, ...headers },
    ...(text === null ? {} : { body: text }),
    signal: asking.signal,
  });
}

async function told(reply: Promise<Response>): Promise<Told> {
  const response = await reply;
  return { text: await response.text(), isError: !response.ok };
}
