import { expect, test } from "bun:test";
import { DEPTH_HEADER } from "../../../schemas/runs/depth.ts";
import { TRACEPARENT } from "../../../tracing/context.ts";
import { IDEMPOTENCY_PARAMETER } from "../idempotency.ts";
import { READ_AFTER_PARAMETER } from "../read-after.ts";
import { preflightReply, shownTo } from "./cross-site.ts";

const namesIn = ({ headers }: Response, list: string) => (headers.get(list) ?? "").toLowerCase().split(", ");

test("a listed origin may send each header that the API reads", () => {
  const ours = [IDEMPOTENCY_PARAMETER.name, READ_AFTER_PARAMETER.name, DEPTH_HEADER, TRACEPARENT];
  const known = ["content-encoding", "content-type", "if-match", "if-none-match", "last-event-id", "x-request-id"];
  const ofMcp = ["mcp-method", "mcp-name", "mcp-protocol-version"];
  const all = [...ours.map((name) => name.toLowerCase()), ...known, ...ofMcp];
  expect(namesIn(preflightReply(), "access-control-allow-headers").sort()).toEqual(all.sort());
});

test("it is shown the headers that answers say something in", () => {
  const reply = new Response();
  shownTo("https://app.example", reply);
  // The client reckons with the platform's clock, and is told whether a request was a repeated one.
  const told = ["allow", "date", "etag", "idempotent-replayed", "retry-after", "x-read-after", "x-request-id"];
  expect(namesIn(reply, "access-control-expose-headers").sort()).toEqual(told);
});
