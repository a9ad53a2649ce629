import type { Histogram } from "../../../metrics/counts.ts";
import { requestSeconds } from "../../../metrics/table.ts";
import { pathOf } from "../../../requests/paths.ts";
import type { Next } from "../doors/doors.ts";
import { type Answer, onAnswer, type RoutePath, routeOf } from "./observing.ts";

/** Other methods are counted together. */
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/** More than there are statuses. */
const STATUSES = 1000;

/**
 * Counts requests by route, method and status, with the time that their answers took. Paths that are none of a route are
 * counted together: clients choose them.
 */
export function counting(routes: readonly RoutePath[], answer: Answer): Answer {
  const other = new RouteCounts("other");
  const byPath = new Map(routes.map(({ path }) => [path, new RouteCounts(path)]));
  /** Elysia has a function for each of its routes, by which no path has to be looked at. Null: it answers for many. */
  const byNext = new Map<Next, RouteCounts | null>();

  return (next, request) => {
    const startedAt = performance.now();
    const counts = byNext.get(next) ?? countsOf(next, request);
    const reply = answer(next, request);
    onAnswer(reply, (status) => counts.add(request, status, startedAt));
    return reply;
  };

  function countsOf(next: Next, request: Request): RouteCounts {
    const path = pathOf(request);
    const found = byPath.get(path) ?? byPath.get(routeOf(routes, path) ?? "") ?? other;
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

  /** Counts a request. */
  add({ method }: Request, status: number, startedAt: number): void {
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
