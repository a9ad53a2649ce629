/** Answers the messages of the Model Context Protocol. Nothing is kept from one request to the next. */
import packageJson from "../../../package.json" with { type: "json" };
import { PlatformError, ValidationFailed } from "../../errors.ts";
import { checked } from "../../schemas/json/faults.ts";
import { isObject, type Json, type JsonObject } from "../../schemas/json/json.ts";
import { shownFaults } from "../../schemas/json/shown-faults.ts";
import { type Message, RpcError, resultReply } from "./messages.ts";
import { agreed, isCurrent, REVISIONS } from "./revisions.ts";
import { toolsOf } from "./tools/index.ts";
import type { Api, Level, Told, Tool } from "./tools/tool.ts";

const SERVER = { name: "workflow-platform", title: "Workflow platform", version: packageJson.version };
const CAPABILITIES = { tools: {} };
const INSTRUCTIONS =
  "Workflows are JSON: {name, steps: [{name, type, config}]}. To write one, look constructs up with search_documentation and list_step_types, check it with validate_workflow, try it with test_workflow, then store it with create_workflow and run it with trigger_workflow. To mend a failed run, read get_run_outline, change the workflow, and call retry_run with version latest.";
/** The tools of a version of this program are always the same. */
const FRESH = { ttlMs: 300_000, cacheScope: "public" };
/** Models read it all. */
const MOST_CHARACTERS = 100_000;

export interface Caller {
  headers: Headers;
  level: Level;
  api: Api;
}

/** The answer to a message; null to a notification. @throws RpcError */
export async function answer(message: Message, caller: Caller): Promise<Response | null> {
  const isNew = isCurrent(message, caller.headers);
  const { id, method, params = {} } = message;
  if (id === undefined) return null;
  const result = isNew ? await currentResult(method, params, caller) : await olderResult(method, params, caller);
  if (result === null) throw new RpcError("method", `There is no method ${method}`, { status: isNew ? 404 : 200 });
  return resultReply(id, result);
}

async function currentResult(method: string, params: JsonObject, caller: Caller): Promise<JsonObject | null> {
  const result =
    method === "server/discover"
      ? { supportedVersions: REVISIONS, capabilities: CAPABILITIES, instructions: INSTRUCTIONS, ...FRESH }
      : await toolResult(method, params, caller, 400);
  if (result === null) return null;
  const fresh = method === "tools/list" ? FRESH : {};
  return { resultType: "complete", ...result, ...fresh, _meta: { "io.modelcontextprotocol/serverInfo": SERVER } };
}

async function olderResult(method: string, params: JsonObject, caller: Caller): Promise<JsonObject | null> {
  if (method === "ping") return {};
  // Clients of these revisions take another status than 200 for a connection that is broken.
  if (method !== "initialize") return toolResult(method, params, caller, 200);
  return {
    protocolVersion: agreed(params.protocolVersion),
    capabilities: CAPABILITIES,
    serverInfo: SERVER,
    instructions: INSTRUCTIONS,
  };
}

/** Null where the method is none of tools. @throws RpcError with this status for a tool that there is not */
async function toolResult(
  method: string,
  params: JsonObject,
  { level, api }: Caller,
  status: number,
): Promise<JsonObject | null> {
  const tools = toolsOf(level);
  if (method === "tools/list") return { tools: tools.map(shownTool) };
  if (method !== "tools/call") return null;
  const tool = tools.find(({ name }) => name === params.name);
  if (tool === undefined) throw new RpcError("params", missingTool(params.name, level), { status });
  const { text, isError } = await call(tool, params.arguments ?? {}, api);
  return { content: [{ type: "text", text: cut(text) }], isError };
}

function missingTool(name: Json | undefined, level: Level): string {
  if (typeof name !== "string") return "params.name is missing: the name of the tool";
  const found = toolsOf("write").find((tool) => tool.name === name);
  if (found === undefined) return `There is no tool ${JSON.stringify(name)}; tools/list has those that there are`;
  return `The tool ${name} takes level=${found.level} in the address of the server, which has level=${level}`;
}

/** What does not fit is told to the model, which can mend it. */
async function call(tool: Tool, given: Json, api: Api): Promise<Told> {
  try {
    return await tool.call(checked(tool.check, given, "body"), api);
  } catch (error) {
    if (error instanceof ValidationFailed)
      return { text: JSON.stringify({ detail: shownFaults(error.faults) }), isError: true };
    if (error instanceof PlatformError) return { text: error.message, isError: true };
    throw error;
  }
}

function shownTool({ name, title, description, input, level, isDestructive }: Tool): JsonObject {
  const inputSchema: JsonObject = JSON.parse(JSON.stringify(input));
  const annotations = {
    readOnlyHint: level === "read",
    destructiveHint: isDestructive === true,
    openWorldHint: level === "run",
  };
  return { name, title, description, inputSchema, annotations };
}

function cut(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  const left = text.length - MOST_CHARACTERS;
  return `${text.slice(0, MOST_CHARACTERS)}\n… ${left} more characters are left out: ask for less, such as a single step`;
}

/** The id of what may be no message, so that the refusal finds its request. */
export function idOf(body: Json): string | number | undefined {
  const id = isObject(body) ? body.id : undefined;
  return typeof id === "string" || typeof id === "number" ? id : undefined;
}
