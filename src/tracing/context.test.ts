import { expect, test } from "bun:test";
import { derivedSpanId, derivedTraceId, newContext, parseTraceparent, traceparentOf } from "./context.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

test("a traceparent is read, and written as version 00", () => {
  const sampled = { traceId: TRACE, spanId: SPAN, isSampled: true };
  const texts: [text: string, isSampled: boolean][] = [
    [`00-${TRACE}-${SPAN}-01`, true],
    [`00-${TRACE}-${SPAN}-00`, false],
    // Flags that are not known yet.
    [`00-${TRACE}-${SPAN}-03`, true],
    [`00-${TRACE}-${SPAN}-fe`, false],
    // A version of the future is read as far as it is known.
    [`01-${TRACE}-${SPAN}-01`, true],
    [`cc-${TRACE}-${SPAN}-01-what-the-future-holds`, true],
  ];
  for (const [text, isSampled] of texts)
    expect([text, parseTraceparent(text)]).toEqual([text, { ...sampled, isSampled }]);
  expect(traceparentOf(sampled)).toBe(`00-${TRACE}-${SPAN}-01`);
  expect(traceparentOf({ ...sampled, isSampled: false })).toBe(`00-${TRACE}-${SPAN}-00`);
});

test("one that does not fit is ignored", () => {
  const wrong = [
    "",
    "nonsense",
    `ff-${TRACE}-${SPAN}-01`,
    `0-${TRACE}-${SPAN}-01`,
    `0x-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}-01-`,
    `00-${TRACE}-${SPAN}-01-more`,
    `01-${TRACE}-${SPAN}-01.more`,
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}0-01`,
    `00-${TRACE}-${SPAN}-0g`,
    // Two headers.
    `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
  ];
  for (const text of wrong) expect([text, parseTraceparent(text)]).toEqual([text, null]);
});

test("a new span is in the trace of its parent, or begins one", () => {
  const parent = { traceId: TRACE, spanId: SPAN, isSampled: true };
  const child = newContext(parent);
  expect(child.traceId).toBe(TRACE);
  expect(child.spanId).not.toBe(SPAN);
  for (const context of [child, newContext(null)]) expect(parseTraceparent(traceparentOf(context))).toEqual(context);
});

test("derived ids depend on each of their parts alone", () => {
  expect(derivedSpanId("run", "0", 1)).toBe(derivedSpanId("run", "0", 1));
  const spans = [
    ["run", "0", 1],
    ["run", "0", 2],
    ["run", "01", 1],
    ["run", "1", 1],
    ["other", "0", 1],
  ].map((parts) => derivedSpanId(...parts));
  expect(new Set(spans).size).toBe(spans.length);
  for (const span of spans) expect(span).toMatch(/^[0-9a-f]{16}$/);
  expect(derivedTraceId("run", 1)).toMatch(/^[0-9a-f]{32}$/);
});
