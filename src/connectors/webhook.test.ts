/** What a webhook step asks of the client, what it makes of the reply, and which configs it takes. */
import { describe, expect, test } from "bun:test";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import type { Json } from "../schemas/json/json.ts";
import { type EffectConnector, type HttpReply, type HttpRequest, ReplyUnread, StepFailure } from "./index.ts";
import webhook from "./webhook.ts";

const REPLY: HttpReply = {
  status: 200,
  url: "http://host/",
  redirects: 0,
  retryAfter: null,
  location: null,
  data: "",
  faults: { count: 0, first: [] },
};
const URL_FAULT = { path: ["url"], message: expect.stringMatching(/url/i) };
const effect: EffectConnector = webhook.kind === "effect" ? webhook : expect.unreachable();
const validator = TypeCompiler.Compile(webhook.config);

interface Ran {
  request: HttpRequest | null;
  output: Json;
  failure: { code: string; message: string } | null;
}

async function run(
  config: Record<string, Json>,
  reply: Partial<HttpReply> = {},
  unread: "size" | "coding" | null = null,
): Promise<Ran> {
  const ran: Ran = { request: null, output: null, failure: null };
  const tools = {
    idempotencyKey: "run:0",
    traceparent: null,
    depth: 3,
    signal: new AbortController().signal,
    fetch: async (request: HttpRequest) => {
      ran.request = request;
      const whole = { ...REPLY, url: request.url, ...reply };
      if (unread === "size") throw new ReplyUnread(StepFailure.of("reply_too_large", {}), unread, whole);
      if (unread === "coding")
        throw new ReplyUnread(StepFailure.of("reply_corrupt", { coding: "gzip" }), unread, whole);
      return whole;
    },
  };
  try {
    ran.output = await effect.run({ url: "http://host/", method: "POST", ...config }, tools);
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    ran.output = error.output;
    ran.failure = { code: error.code, message: error.message };
  }
  return ran;
}

const faultsOf = (config: Record<string, Json>) => webhook.check?.({ url: "http://host/", method: "POST", ...config });

describe("redirects", () => {
  for (const [config, follow] of [
    [{ method: "GET" }, 5],
    [{ method: "POST" }, 0],
    [{ method: "DELETE" }, 0],
    [{ method: "GET", follow: 0 }, 0],
    [{ method: "PUT", follow: 10 }, 10],
  ] as const) {
    test(`${JSON.stringify(config)} follows ${follow}`, async () => {
      expect((await run(config)).request?.follow).toBe(follow);
    });
  }
  for (const follow of [-1, 11, 1.5, "2", null]) {
    test(`follow: ${JSON.stringify(follow)} does not fit`, () => {
      expect(validator.Check({ url: "http://host/", method: "GET", follow })).toBe(false);
    });
  }

  test("one that is not followed fails the step and names its target, without credentials", async () => {
    const location = "http://bob:s3cret@other/a?b=c";
    const { failure, output } = await run({}, { status: 302, location });
    expect(failure).toEqual({
      code: "http",
      message: "The webhook was answered with status 302, a redirect to http://***@other/a?b=c that was not followed",
    });
    expect(output).toMatchObject({ status_code: 302 });
  });

  test("a target of any length takes 500 characters of the sentence", async () => {
    const { failure } = await run({}, { status: 301, location: `http://other/${"a".repeat(8000)}` });
    expect(failure?.message.length).toBeLessThan(700);
  });

  for (const [status, accept, fails] of [
    [299, [], false],
    [300, [], true],
    [304, [], true],
    [304, [304], false],
    [302, ["3xx"], false],
    [404, ["3xx"], true],
    [404, ["4xx"], false],
  ] as const) {
    test(`status ${status} where ${JSON.stringify(accept)} is accepted ${fails ? "fails" : "succeeds"}`, async () => {
      expect((await run({ accept: [...accept] }, { status })).failure !== null).toBe(fails);
    });
  }

  test("the output has the address that answered", async () => {
    const { output } = await run({ method: "GET" }, { redirects: 2, url: "http://a:b@final/" });
    expect(output).toMatchObject({ url: "http://***@final/", method: "GET" });
  });
});

describe("credentials in the address", () => {
  test("are sent as a header and shown nowhere", async () => {
    const { request, output } = await run({ url: "http://bob:s3cret@host/a" }, { status: 500 });
    expect(request).toMatchObject({ url: "http://host/a" });
    expect(request?.headers).toContainEqual(["authorization", `Basic ${btoa("bob:s3cret")}`]);
    expect(output).toMatchObject({ url: "http://***@host/a" });
    expect(JSON.stringify(output)).not.toContain("s3cret");
  });
  test("give way to an authorization of the author's", async () => {
    const headers = { Authorization: "Bearer x" };
    const { request } = await run({ url: "http://bob:s3cret@host/a", headers });
    expect(request?.headers.filter(([name]) => /^authorization$/i.test(name))).toEqual([["Authorization", "Bearer x"]]);
  });
});

describe("headers", () => {
  const reserved = [
    ...[
      "Host",
      "content-length",
      "Transfer-Encoding",
      "connection",
      "keep-alive",
      "TE",
      "trailer",
      "upgrade",
      "expect",
    ],
    ...[
      "proxy-authorization",
      "Proxy-Connection",
      "webhook-id",
      "Webhook-Signature",
      "webhook-timestamp",
      "X-Workflow-Depth",
    ],
  ];
  for (const name of reserved) {
    test(`${name} is refused in a new definition`, () => {
      expect(faultsOf({ headers: { [name]: "x", other: "y" } })).toEqual([
        { path: ["headers", name], message: "This header is set by the platform" },
      ]);
    });
  }

  test("of definitions that are stored already are sent as they were, but for the connection's and ours", async () => {
    const { request } = await run({ headers: Object.fromEntries(reserved.map((name) => [name, "x"])) });
    expect(request?.headers.map(([name]) => name)).toEqual([
      ...["Host", "Webhook-Signature", "webhook-timestamp", "accept-encoding"],
    ]);
    expect(request?.ownHeaders).toEqual([
      ["webhook-id", "run:0"],
      ["x-workflow-depth", "4"],
    ]);
  });

  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`x-${n}`, "v"]));
  const large = (bytes: number) => ({ "x-a": "v".repeat(bytes - 2003), "x-b": "v".repeat(1997) });
  for (const [title, headers, fits] of [
    ["100", many(100), true],
    ["101", many(101), false],
    ["260", many(260), false],
    ["16 KiB", large(16_384), true],
    ["16 KiB and a byte", large(16_385), false],
  ] as const) {
    test(`${title} ${fits ? "are taken" : "are refused, and fail the step where placeholders bring them"}`, async () => {
      const faults = fits
        ? []
        : [{ path: ["headers"], message: expect.stringContaining("at most 100 headers and 16 KiB") }];
      expect(faultsOf({ headers })).toEqual(faults);
      const { failure, request } = await run({ headers });
      expect({ code: failure?.code, sent: request !== null }).toEqual({
        code: fits ? undefined : "config",
        sent: fits,
      });
    });
  }

  for (const [title, headers] of [
    ["a name with a space", { "a b": "x" }],
    ["a line break", { a: "x\r\ny: z" }],
    ["a character beyond Latin-1", { a: "日" }],
  ] as const) {
    test(`${title} is refused, and fails the step unsent`, async () => {
      expect(faultsOf({ headers })).toHaveLength(1);
      expect(await run({ headers })).toMatchObject({ request: null, failure: { code: "config" } });
    });
  }

  test("ask for a reply that is not compressed, unless the author asks otherwise", async () => {
    expect((await run({})).request?.headers).toEqual([["accept-encoding", "identity"]]);
    const asked = await run({ headers: { "Accept-Encoding": "br" } });
    expect(asked.request?.headers).toEqual([["Accept-Encoding", "br"]]);
  });
});

describe("the address", () => {
  for (const url of ["${payload.base}/a", "http://host${payload.x}/", "ftp://host/", "http://"]) {
    test(`${url} is refused in a definition`, () => expect(faultsOf({ url })).toEqual([URL_FAULT]));
  }
  for (const url of ["ftp://host/", "nowhere", "http://a b/", "http://host/\n", "file:///etc/passwd"]) {
    test(`${JSON.stringify(url)} that a placeholder brings fails the step unsent`, async () => {
      expect(await run({ url })).toMatchObject({ request: null, failure: { code: "config" } });
    });
  }
});

test("faults of the reply are in the output, where there are any", async () => {
  const faults: HttpReply["faults"] = { count: 1, first: [{ path: ["id"], fault: "number" }] };
  expect((await run({}, { faults })).output).toMatchObject({ response_faults: faults });
  expect((await run({})).output).not.toHaveProperty("response_faults");
});

describe("a reply that is too large", () => {
  const LEFT_OUT = { response_data: null, response_faults: { count: 1, first: [{ path: [], fault: "size" }] } };

  test("fails with its status where that fails the step, and is left out", async () => {
    const { failure, output } = await run({}, { status: 500 }, "size");
    const message = "The webhook was answered with status 500 and more than 1 MiB, which is left out";
    expect(failure).toEqual({ code: "http", message });
    expect(output).toMatchObject({ status_code: 500, ...LEFT_OUT });
    const redirect = await run({}, { status: 302, location: "http://other/" }, "size");
    expect(redirect.failure).toMatchObject({
      code: "http",
      message: expect.stringContaining("redirect to http://other/"),
    });
    expect(redirect.output).toMatchObject(LEFT_OUT);
  });

  test("fails as such where its status succeeds", async () => {
    const cases: [config: Record<string, Json>, status: number][] = [
      [{}, 200],
      [{ accept: ["5xx"] }, 500],
    ];
    for (const [config, status] of cases) {
      const { failure, output } = await run(config, { status }, "size");
      expect(failure).toEqual({ code: "output", message: "The webhook's reply is over 1 MiB" });
      expect(output).toBeNull();
    }
  });
});

test("a reply that can't be decompressed fails with its status where that fails the step, else as such", async () => {
  const { failure, output } = await run({}, { status: 502 }, "coding");
  const message = "The webhook was answered with status 502; its reply can't be decompressed and is left out";
  expect(failure).toEqual({ code: "http", message });
  const response_faults = { count: 1, first: [{ path: [], fault: "coding" }] };
  expect(output).toMatchObject({ status_code: 502, response_data: null, response_faults });
  expect(await run({}, {}, "coding")).toMatchObject({ failure: { code: "network" }, output: null });
});
