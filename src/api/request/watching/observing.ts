/** What those who watch requests have in common. */
import type { Next } from "../doors/doors.ts";

/** A path of routes as it was written, such as `/api/v1/workflows/:id`, and what fits it. */
export interface RoutePath {
  path: string;
  pattern: RegExp;
}

/** What answers a request, given what answers one that was let in. */
export type Answer = (next: Next, request: Request) => unknown;

/** The path of the route that a path fits; undefined where there is none. */
export function routeOf(routes: readonly RoutePath[], path: string): string | undefined {
  return routes.find(({ pattern }) => pattern.test(path))?.path;
}

/** Calls `note` with the status of a reply once that is made. One that is no response was an unexpected error. */
export function onAnswer(reply: unknown, note: (status: number) => void): void {
  const take = (made: unknown) => note(made instanceof Response ? made.status : 500);
  if (reply instanceof Promise) reply.then(take, () => note(500));
  else take(reply);
}
