import type { Histogram } from "../../metrics/counts.ts";
import { requestSeconds } from "../../metrics/table.ts";
import type { Next } from "./doors.ts";
import { pathOf } from "./paths.ts";

/** Other methods are counted together. */
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/** More than there are statuses. */
const STATUSES = 1000;

/** A path of routes as it was written, such as `/api/v1/workflows/:id`, and what fits it. */
export interface RoutePath {
  path: string;
  pattern: RegExp;
}

/**
 * Counts requests by route, method and status, with the time that their answers took. Paths that are none of a route are
 * counted together: clients choose them.
 */
export function counting(
  routes: readonly RoutePath[],
  answer: (next: Next, request: Request) => unknown,
): (next: Next, request: Request) => unknown {
  const other = new RouteCounts("other");
  const byPath = new Map(routes.map(({ path }) => [path, new RouteCounts(path)]));
  /** Elysia has a function for each of its routes, by which no path has to be looked at. Null: it answers for many. */
  const byNext = new Map<Next, RouteCounts | null>();

  return (next, request) => {
    const startedAt = performance.now();
    const counts = byNext.get(next) ?? countsOf(next, request);
    const reply = answer(next, request);
    if (!(reply instanceof Promise)) counts.add(request, reply, startedAt);
    else {
      reply.then(
        (late: unknown) => counts.add(request, late, startedAt),
        () => counts.add(request, null, startedAt),
      );
    }
    return reply;
  };

  function countsOf(next: Next, request: Request): RouteCounts {
    const path = pathOf(request);
    const found = byPath.get(path) ?? byPath.get(routes.find(({ pattern }) => pattern.test(path))?.path ?? "") ?? other;
    // Bun names the parameters of requests that it found a route for; the others share one function.
    if (!byNext.has(next)) byNext.set(next, "params" in request && found !== other ? found : null);
    return found;
  }
}

/** The requests of one route. */
class RouteCounts {
  readonly #route: string;
  readonly #series = new Map<number, Histogram>();

  constructor(route: string) {
    this.#route = route;
  }

  /** Counts a request. A reply that is no response was an unexpected error. */
  add({ method }: Request, reply: unknown, startedAt: number): void {
    const status = reply instanceof Response ? reply.status : 500;
    const index = METHODS.indexOf(method);
    const key = index * STATUSES + status;
    let series = this.#series.get(key);
    if (series === undefined) {
      const name = index < 0 ? "other" : method;
      series = requestSeconds.of({ route: this.#route, method: name, status: String(status) });
      this.#series.set(key, series);
    }
    series.observe((performance.now() - startedAt) / 1000);
  }
}
