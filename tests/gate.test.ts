/** How much nginx takes of one address, with RATE_LIMIT and without. */
import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { request } from "node:http";
import { stackSettings } from "../infrastructure/local/stack.ts";
import { PlatformError } from "../src/errors.ts";
import { readText } from "./harness/docker/files.ts";
import { Front, StandIn, until } from "./harness/stack.fixture.ts";

setDefaultTimeout(60_000);

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const ok = () => new Response("ok");
async function frontOf(limits: Parameters<typeof Front.start>[1], answer: () => Response | Promise<Response> = ok) {
  const front = await Front.start((port) => new StandIn(port, answer), limits);
  open.push(front);
  return front;
}

const RATE = 20;
const statusesOf = async (replies: Promise<Response>[]) => (await Promise.all(replies)).map(({ status }) => status);
const countOf = (statuses: number[], status: number) => statuses.filter((one) => one === status).length;
const arrivedAt = ({ servers }: Front<StandIn>) => servers.reduce((sum, { seen }) => sum + seen.length, 0);
const many = (count: number, url: string, init?: RequestInit) => Array.from({ length: count }, () => fetch(url, init));

describe("with a limit", () => {
  test("one address gets its requests of a second and as many more, and a 429 that says when to come again", async () => {
    const front = await frontOf({ requests: RATE, connections: 1000 });
    const start = performance.now();
    const replies = await Promise.all(many(200, front.url, { headers: { "X-Request-ID": "mine" } }));
    const seconds = (performance.now() - start) / 1000;
    const taken = replies.filter(({ status }) => status === 200).length;
    expect(taken).toBeGreaterThanOrEqual(RATE);
    expect(taken).toBeLessThanOrEqual(RATE * (1 + seconds) + 1);
    expect(arrivedAt(front)).toBe(taken);

    const refused = replies.filter(({ status }) => status !== 200);
    const { message, status, retryAfter } = new PlatformError("rate_limited");
    for (const reply of refused) {
      expect(reply.status).toBe(status);
      expect(reply.headers.get("retry-after")).toBe(String(retryAfter));
      expect(reply.headers.get("content-type")).toBe("application/json");
      expect(reply.headers.get("x-request-id")).toBe("mine");
      expect(await reply.json()).toEqual({ detail: message, code: "rate_limited", request_id: "mine" });
    }
    await until("it is served again", async () => (await fetch(front.url)).status === 200);
    // None of them is worth a line.
    expect(await Bun.file(front.log).text()).not.toContain("limiting");
  });

  test("changes and events are counted too, probes are not", async () => {
    const front = await frontOf({ requests: 1, connections: 1000 });
    await statusesOf(many(10, front.url));
    for (const init of [{ method: "PUT" }, { method: "DELETE" }, { headers: { accept: "text/event-stream" } }]) {
      expect(countOf(await statusesOf(many(20, front.url, init)), 429)).toBeGreaterThanOrEqual(15);
    }
    for (const path of ["/health", "/health/", "/health/ready", "/health/ready/"]) {
      expect([path, countOf(await statusesOf(many(50, front.url + path)), 200)]).toEqual([path, 50]);
    }
    for (const path of ["/x:/health", "/health/more", "/api/v1/runs//health"]) {
      expect([path, countOf(await statusesOf(many(10, front.url + path)), 429)]).not.toEqual([path, 0]);
    }
  });

  test("one address has so many requests under way, and others theirs", async () => {
    const { promise: gate, resolve } = Promise.withResolvers<void>();
    const front = await frontOf({ requests: 1000, connections: 5 }, async () => {
      await gate;
      return new Response("ok");
    });
    let refused = 0;
    const asked = many(20, front.url).map(async (asking) => {
      const reply = await asking;
      if (reply.status === 429) refused++;
      return reply;
    });
    await until("each was refused or has arrived", () => refused + arrivedAt(front) === 20);
    expect(arrivedAt(front)).toBe(5);
    const other = statusFrom("127.0.0.2", front.url);
    await until("the other's request arrived", () => arrivedAt(front) === 6);
    resolve();
    expect(await other).toBe(200);
    expect(countOf(await statusesOf(asked), 200)).toBe(5);
    expect((await fetch(front.url)).status).toBe(200);
  });
});

test("without one nobody is refused", async () => {
  const front = await frontOf(null);
  expect(countOf(await statusesOf(many(1000, front.url)), 200)).toBe(1000);
});

test("RATE_LIMIT turns both limits on, and what is no number of requests is told so", () => {
  const limitsOf = (environment: Record<string, string>) => stackSettings(environment).limits;
  expect(limitsOf({})).toBe(null);
  expect(limitsOf({ RATE_LIMIT: "", CONNECTION_LIMIT: "5" })).toBe(null);
  expect(limitsOf({ RATE_LIMIT: "50" })).toEqual({ requests: 50, connections: 100 });
  expect(limitsOf({ RATE_LIMIT: "50", CONNECTION_LIMIT: "7" })).toEqual({ requests: 50, connections: 7 });
  for (const wrong of ["0", "-1", "1.5", "many"]) expect(() => limitsOf({ RATE_LIMIT: wrong })).toThrow("RATE_LIMIT");
  expect(() => limitsOf({ RATE_LIMIT: "1", CONNECTION_LIMIT: "0" })).toThrow("CONNECTION_LIMIT");
});

test("what nginx says in the API's place is what the API would say", () => {
  const template = readText("infrastructure/nginx/nginx.conf");
  for (const code of [
    "not_found",
    "method_not_allowed",
    "request_timeout",
    "payload_too_large",
    "rate_limited",
  ] as const) {
    const { status, message } = new PlatformError(code);
    expect(template).toContain(`${status} ${code};`);
    expect(template).toMatch(new RegExp(`^ +${status} "?${message}"?;$`, "m"));
  }
});

/** The status of a GET that is sent from another address of this machine. */
function statusFrom(address: string, url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { localAddress: address }, (reply) => resolve(reply.statusCode ?? 0))
      .on("error", reject)
      .end();
  });
}
