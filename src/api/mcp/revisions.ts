/** The revisions of the protocol: the current one says of itself in each request which it is, those before shake hands first. */
import { isObject, type Json } from "../../schemas/json/json.ts";
import { type Message, RpcError } from "./messages.ts";

export const CURRENT = "2026-07-28";
const OLDER = ["2025-11-25", "2025-06-18", "2025-03-26"] as const;
const NEWEST_OLDER = OLDER[0];
export const REVISIONS = [CURRENT, ...OLDER];

const VERSION_KEY = "io.modelcontextprotocol/protocolVersion";
const VERSION_HEADER = "mcp-protocol-version";
/** A header that can't have the value itself has it so. */
const ENCODED = /^=\?base64\?([A-Za-z0-9+/=]*)\?=$/;

/**
 * Whether a request is of the current revision, which has no session and no handshake.
 *
 * @throws RpcError where it is of one that is not known, or its headers say another thing than its body
 */
export function isCurrent({ method, params = {} }: Message, headers: Headers): boolean {
  const told = isObject(params._meta) ? params._meta[VERSION_KEY] : undefined;
  const header = headers.get(VERSION_HEADER);
  if (told === undefined && header !== CURRENT) {
    // Revisions before 2025-06-18 have no such header.
    if (header !== null && !REVISIONS.includes(header)) throw unsupported(header);
    return false;
  }
  if (typeof told !== "string" || told !== header) {
    throw mismatch("MCP-Protocol-Version", header, told);
  }
  if (told !== CURRENT) throw unsupported(told);
  if (headers.get("mcp-method") !== method) throw mismatch("Mcp-Method", headers.get("mcp-method"), method);
  if (method === "tools/call") {
    const name = decoded(headers.get("mcp-name"));
    if (name !== params.name) throw mismatch("Mcp-Name", name, params.name);
  }
  return true;
}

/** The revision that is spoken with who asks for one in a handshake: that one if it is known. */
export function agreed(asked: Json | undefined): string {
  return OLDER.find((one) => one === asked) ?? NEWEST_OLDER;
}

function unsupported(requested: string): RpcError {
  return new RpcError("version", "Unsupported protocol version", { data: { supported: REVISIONS, requested } });
}

function mismatch(name: string, header: string | null, body: Json | undefined): RpcError {
  const said = header === null ? "is missing" : `says ${JSON.stringify(header)}`;
  return new RpcError("headers", `The header ${name} ${said}, and the body ${JSON.stringify(body) ?? "nothing"}`);
}

function decoded(header: string | null): string | null {
  const [, encoded] = ENCODED.exec(header ?? "") ?? [];
  return encoded === undefined ? header : Buffer.from(encoded, "base64").toString("utf8");
}
