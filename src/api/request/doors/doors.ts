import { PlatformError } from "../../../errors.ts";
import { hostJudge } from "../../../requests/hosts.ts";
import { pathOf } from "../../../requests/paths.ts";
import { errorReply, requestIdOf } from "../../failures.ts";
import { isCrossSite, isPreflight, preflightReply, shownTo } from "./cross-site.ts";

export interface DoorOptions {
  /** The address that the server listens on. */
  listensOn: string;
  /** Names of this server beside those that it knows by itself, in lower case. */
  publicHosts: readonly string[];
  /** Origins whose pages may use the API. */
  corsOrigins: readonly string[];
}

/** What answers a request that names no host; null where it is answered as others are. */
export type Hostless = (request: Request) => Response | null;

/** Probes may name any host: a page learns nothing from their answers but that a server listens. */
const PROBE = /^\/health(?:\/ready)?\/?$/;
/** Documents that pages of other origins may link to or load: they are public and change nothing. */
const DOCUMENT = /^\/(?:llms\.txt|(?:docs|ui)(?:\/.*)?|api\/v1\/openapi\.json\/?)?$/;

/** What answers a request that was let in. */
export type Next = (request: Request) => unknown;

/**
 * Keeps out what web pages could have a browser send here: requests under a name that is not this server's, and those of
 * pages of other origins. There is no authentication that would stop them.
 */
export function doors(
  { listensOn, publicHosts, corsOrigins }: DoorOptions,
  hostless: Hostless,
): (next: Next, request: Request) => unknown {
  const judgeHost = hostJudge(listensOn, publicHosts);
  if (corsOrigins.length === 0) return (next, request) => refusal(request) ?? next(request);

  const origins = new Set(corsOrigins);
  return async (next, request) => {
    const origin = request.headers.get("origin") ?? "";
    const reply = await (origins.has(origin) ? listed(next, request) : (refusal(request) ?? next(request)));
    if (!(reply instanceof Response)) return reply;
    reply.headers.append("vary", "Origin");
    if (origins.has(origin)) shownTo(origin, reply);
    return reply;
  };

  function refusal(request: Request): Response | null {
    const wrongHost = hostRefusal(request);
    if (wrongHost !== null || !isCrossSite(request.headers)) return wrongHost;
    const path = pathOf(request);
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (PROBE.test(path) || (isRead && DOCUMENT.test(path))) return null;
    return errorReply(new PlatformError("cross_site"), requestIdOf(request));
  }

  function listed(next: Next, request: Request): unknown {
    return hostRefusal(request) ?? (isPreflight(request) ? preflightReply() : next(request));
  }

  /** Without a Host, as HTTP/1.0 has it, no browser sends anything. */
  function hostRefusal(request: Request): Response | null {
    const host = request.headers.get("host");
    if (host === null) return hostless(request);
    const verdict = judgeHost(host);
    if (verdict === "known" || PROBE.test(pathOf(request))) return null;
    const code = verdict === "unknown" ? "misdirected_request" : "malformed_host";
    return errorReply(new PlatformError(code), requestIdOf(request));
  }
}
