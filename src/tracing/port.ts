import type { TraceContext } from "./context.ts";

/** A span that has ended. */
export interface Span {
  /** Its own place. */
  context: TraceContext;
  /** Null for the root of its trace. */
  parentSpanId: string | null;
  name: string;
  kind: "server" | "consumer" | "client" | "internal";
  /** Milliseconds since the epoch, with fractions. */
  startedAt: number;
  endedAt: number;
  attributes: Record<string, string | number>;
  /** Why it failed; null where it did not. */
  error: string | null;
  /** The span that led to it, where that is of another trace. */
  link: TraceContext | null;
}

/** Where the spans of a process go. */
export interface Tracing {
  /** Whether a request that belongs to no trace begins one: a share of them does. */
  begins(): boolean;
  /** Takes a span, to be sent with others. Where too many wait to be sent, it is dropped. */
  end(span: Span): void;
  /** Sends the spans that are left, for some seconds at most. */
  close(): Promise<void>;
}
