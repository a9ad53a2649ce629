import type { TraceContext } from "../../../tracing/context.ts";

const traces = new WeakMap<Request, TraceContext>();

/** The place of a request in a trace; null where it has none. */
export function traceOf(request: Request): TraceContext | null {
  return traces.get(request) ?? null;
}

/** Gives a request its place. */
export function putInTrace(request: Request, context: TraceContext): void {
  traces.set(request, context);
}
