/** W3C trace context: the place in a trace that goes along with a request, a run, a message and a webhook. */

export const TRACEPARENT = "traceparent";

/** A place in a trace: a span, under which others may begin. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16 hexadecimal digits. */
  spanId: string;
  /** Whether its spans are recorded. One that is not is passed on all the same: others may have recorded theirs. */
  isSampled: boolean;
}

const PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ZEROS = /^0+$/;
const SAMPLED = 1;

/**
 * Reads the header `traceparent`; null for one that does not fit, which is ignored as W3C Trace Context asks (level 1, 3.2.2.3 to
 * 3.2.2.5). One of a later version may go on behind a hyphen.
 */
export function parseTraceparent(text: string): TraceContext | null {
  const [, version = "", traceId = "", spanId = "", flags = "", more] = PARENT.exec(text) ?? [];
  if (version === "" || version === "ff" || (version === "00" && more !== undefined)) return null;
  if (ZEROS.test(traceId) || ZEROS.test(spanId)) return null;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}

/** The header `traceparent` of what is done under a span. */
export function traceparentOf({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;
}

/** A new span, in the trace of its parent or, without one, in a new trace. */
export function newContext(parent: TraceContext | null): TraceContext {
  return { traceId: parent?.traceId ?? randomDigits(16), spanId: randomDigits(8), isSampled: true };
}

function randomDigits(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("hex");
}

/** A trace id that every process derives alike. */
export function derivedTraceId(...parts: (string | number)[]): string {
  return digest(parts).slice(0, 32);
}

/** A span id likewise. */
export function derivedSpanId(...parts: (string | number)[]): string {
  return digest(parts).slice(0, 16);
}

function digest(parts: (string | number)[]): string {
  return new Bun.CryptoHasher("sha256").update(parts.join("\n")).digest("hex");
}
