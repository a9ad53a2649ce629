/** Messages of JSON-RPC 2.0, as the Model Context Protocol has them: https://modelcontextprotocol.io/specification */
import { type Static, Type } from "@sinclair/typebox";
import { checkOf } from "../../schemas/json/check.ts";
import type { Json, JsonObject } from "../../schemas/json/json.ts";

const anyObject = Type.Unsafe<JsonObject>(Type.Record(Type.String(), Type.Unknown()));

/** A request, or without an id a notification, which is not answered. */
const Message = Type.Object({
  jsonrpc: Type.Literal("2.0"),
  id: Type.Optional(Type.Union([Type.String(), Type.Integer()])),
  method: Type.String(),
  params: Type.Optional(anyObject),
});
export type Message = Static<typeof Message>;
export const message = checkOf(Message);

/** Of JSON-RPC, and of the protocol. */
export const CODES = {
  parse: -32700,
  request: -32600,
  method: -32601,
  params: -32602,
  headers: -32020,
  version: -32022,
} as const;

/** A request that can't be carried out. */
export class RpcError extends Error {
  readonly code: number;
  /** Of the answer. */
  readonly status: number;
  readonly data: Json | undefined;

  constructor(
    code: keyof typeof CODES,
    message: string,
    { status = 400, data }: { status?: number; data?: Json } = {},
  ) {
    super(message);
    this.code = CODES[code];
    this.status = status;
    this.data = data;
  }
}

export function resultReply(id: string | number, result: JsonObject): Response {
  return Response.json({ jsonrpc: "2.0", id, result });
}

/** An id that could not be read is left out. */
export function errorReply({ code, message: said, data, status }: RpcError, id?: string | number): Response {
  const error = { code, message: said, ...(data === undefined ? {} : { data }) };
  return Response.json({ jsonrpc: "2.0", ...(id === undefined ? {} : { id }), error }, { status });
}
