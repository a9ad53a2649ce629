/** The client behind the port: requests, redirects, replies. */
import { type HttpReply, type HttpRequest, ReplyUnread, StepFailure } from "../../src/connectors/index.ts";
import { Connections } from "./exchange/connections.ts";
import { exchange } from "./exchange/exchange.ts";
import { Inflow } from "./exchange/inflow.ts";
import { followed, locationOf } from "./exchange/redirects.ts";
import { Routes } from "./exchange/routes.ts";
import { parseAllowList } from "./guard/allow.ts";
import { Guard } from "./guard/guard.ts";
import { type Resolve, systemResolve } from "./guard/resolve.ts";
import type { ReplyAccount, Signal, WebhookClient } from "./port.ts";
import { readReply } from "./reading/reading.ts";
import { Unreadable } from "./reading/unreadable.ts";
import type { WebhookSettings } from "./settings.ts";

/** For replies whose bytes are not counted. */
const UNCOUNTED: ReplyAccount = { came: () => {}, held: () => {} };

/**
 * Opens a client, which makes no connection yet.
 *
 * @param heldBytes how many bytes of replies are held now, by the accounts that callers give
 */
export function openWebhookClient(
  settings: WebhookSettings,
  heldBytes: () => number,
  resolve: Resolve = systemResolve,
): WebhookClient {
  const guard = new Guard(parseAllowList(settings.allow), resolve);
  const connections = new Connections(settings.limits);
  const ways = { connections, routes: new Routes(settings, guard, new Inflow(heldBytes)) };

  return {
    async send(first: HttpRequest, signal: Signal, account = UNCOUNTED): Promise<HttpReply> {
      try {
        let request = first;
        for (let redirects = 0; ; redirects++) {
          const url = new URL(request.url);
          const reply = await exchange(request, url, ways, { signal, account });
          const location = locationOf(reply, url);
          const next =
            location === null || redirects >= first.follow ? null : followed(request, url, reply.status, location);
          if (next !== null) {
            reply.cancel();
            request = next;
            continue;
          }
          const head = {
            contentType: reply.header("content-type") ?? "",
            contentEncoding: reply.header("content-encoding") ?? "",
          };
          const retryAfter = secondsUntil(reply.header("retry-after"));
          const before = { status: reply.status, url: url.href, redirects, location, retryAfter };
          try {
            return { ...before, ...readReply(await reply.body(), head) };
          } catch (error) {
            throw error instanceof Unreadable ? new ReplyUnread(error, error.fault, before) : error;
          }
        }
      } catch (error) {
        if (signal.aborted) throw StepFailure.of("not_answered_in_time", {});
        throw error;
      }
    },
    close: () => connections.close(),
  };
}

/** Retry-After as seconds from now (RFC 9110, 10.2.3); null where it is missing or neither a number nor a date. */
function secondsUntil(header: string | null): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const seconds = Math.ceil((Date.parse(header) - Date.now()) / 1000);
  return Number.isNaN(seconds) ? null : Math.max(0, seconds);
}
