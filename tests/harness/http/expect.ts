/** Expectations about answers of the API: a failure shows the request and the whole answer. */
import { expect } from "bun:test";
import { isObject, listAt, objectAt } from "./json.ts";
import { type Reply, shorten } from "./reply.ts";

/** Compares status and, where given, body; a failure shows the request and the whole reply. */
export function expectReply(reply: Reply, status: number, body?: unknown): void {
  const got = { request: reply.sent, status: reply.status, body: reply.body ?? shorten(reply.text) };
  expect<unknown>(got).toEqual({ request: reply.sent, status, body: body === undefined ? got.body : body });
}

/** An error that is no validation error: one sentence, and beside it nothing but `code` and `request_id`. */
export function expectError(reply: Reply, status: number, detail?: string): void {
  expectReply(reply, status);
  const body = isObject(reply.body) ? reply.body : {};
  expect<unknown>({ request: reply.sent, ...body }).toEqual({
    request: reply.sent,
    detail: detail ?? expect.stringMatching(/\S/),
    ...extras(body),
  });
}

export interface Fault {
  loc: (string | number)[];
  type: string;
  msg?: string;
  /** The part of an expression that is at fault. */
  ctx?: { offset: number; length: number };
}

/** A 422 with exactly these faults, in any order; `msg` is compared where a fault gives it. */
export function expectFaults(reply: Reply, faults: Fault[]): void {
  expectReply(reply, 422);
  const body = objectAt(reply.body);
  const wanted = faults.map(({ loc, type, msg, ctx }) => ({
    ...{ loc, msg: msg ?? expect.stringMatching(/\S/), type },
    ...(ctx !== undefined && { ctx }),
  }));
  expect<unknown>({ request: reply.sent, ...body, detail: inOrder(listAt(body, "detail")) }).toEqual({
    request: reply.sent,
    detail: inOrder(wanted),
    ...extras(body),
    code: "validation_failed",
    request_id: expect.stringMatching(/\S/),
  });
}

/** The keys that an error may carry beside `detail`, where it does. */
function extras(body: Record<string, unknown>): Record<string, unknown> {
  const allowed = { code: expect.stringMatching(/^[a-z_]+$/), request_id: expect.stringMatching(/\S/) };
  return Object.fromEntries(Object.entries(allowed).filter(([key]) => key in body));
}

function inOrder(faults: unknown[]): unknown[] {
  const place = (fault: unknown) => (isObject(fault) ? JSON.stringify([fault.loc, fault.type]) : "");
  return faults.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
}
