/** What a webhook step sends, what it makes of the reply, and when it fails. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type Run, type StepInput } from "./harness/http/client.ts";
import { deadUrl, Sink } from "./harness/sinks/sink.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

const JSON_REPLY = { "content-type": "application/json" };

let platform: PlatformUnderTest;
let api: Client;
let sink: Sink;
let paths = 0;

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
  sink = new Sink();
});
afterAll(async () => {
  await platform.close();
  await sink.close();
});

/** A path of the sink that no other test uses. */
const freshPath = () => `/hook/${paths++}`;
const webhook = (config: Record<string, unknown>): StepInput => ({ name: "hook", type: "webhook", config });

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`x-${n}`, "v"]));

function expectFailed(run: Run, error: RegExp): void {
  expect({ run: run.text, status: run.status }).toEqual({ run: run.text, status: "failed" });
  const { status, error: why } = run.step("hook");
  expect({ status, why }).toEqual({ status: "failed", why: expect.stringMatching(error) });
  expect(run.error).toMatch(error);
}

describe("the request", () => {
  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
    test(`${method} goes out as such and is named in the output`, async () => {
      const path = freshPath();
      const url = sink.url(path, { headers: JSON_REPLY, body: '{"got":"it"}' });
      const run = await api.run([webhook({ url, method })]);
      expect(run.output("hook")).toEqual({
        type: "webhook",
        status_code: 200,
        response_data: { got: "it" },
        url,
        method,
      });
      expect(sink.at(path).map((request) => request.method)).toEqual([method]);
    });
  }

  test("carries headers and a JSON body, placeholders resolved", async () => {
    const path = freshPath();
    const body = { user: "${payload.user}", text: "user ${payload.user.id} 🚀", list: [1, "${payload.user.id}"] };
    const run = await api.run(
      [webhook({ url: sink.url(path), method: "POST", headers: { "X-User": "id ${payload.user.id}" }, body })],
      { user: { id: 7 } },
    );
    expect(run.status).toBe("success");
    const [request] = sink.at(path);
    expect(request?.headers.get("x-user")).toBe("id 7");
    expect(request?.headers.get("content-type")).toMatch(/^application\/json\b/);
    expect(JSON.parse(request?.text ?? "")).toEqual({ user: { id: 7 }, text: "user 7 🚀", list: [1, 7] });
  });

  test("lets a workflow choose its content type", async () => {
    const path = freshPath();
    const headers = { "Content-Type": "application/vnd.example+json" };
    await api.run([webhook({ url: sink.url(path), method: "PUT", headers, body: { a: 1 } })]);
    expect(sink.at(path).map((request) => request.headers.get("content-type"))).toEqual([headers["Content-Type"]]);
  });

  test("goes to an address that placeholders complete", async () => {
    const path = freshPath();
    const base = sink.url(path).slice(0, -path.length);
    const url = `${base}/hook/\${payload.n}?q=\${payload.q}`;
    const run = await api.run([webhook({ url, method: "GET" })], { n: path.slice("/hook/".length), q: "x" });
    expect(run.output("hook")).toMatchObject({ url: `${base}${path}?q=x` });
    expect(sink.at(`${path}?q=x`)).toHaveLength(1);
  });

  test("carries webhook-id: the run's id and the step's place", async () => {
    const [one, two] = [freshPath(), freshPath()];
    const run = await api.run([
      { name: "before", type: "transform", config: { value: 1 } },
      { name: "one", type: "webhook", config: { url: sink.url(one), method: "POST" } },
      { name: "two", type: "webhook", config: { url: sink.url(two), method: "GET" } },
    ]);
    expect(run.status).toBe("success");
    const ids = [...sink.at(one), ...sink.at(two)].map((request) => request.headers.get("webhook-id"));
    expect(ids).toEqual([`${run.uuid}:1`, `${run.uuid}:2`]);
  });

  test("is sent once, after the steps before it and before those after it", async () => {
    const [one, two] = [freshPath(), freshPath()];
    const run = await api.run([
      { name: "one", type: "webhook", config: { url: sink.url(one, { body: "1", afterMs: 100 }), method: "POST" } },
      { name: "wait", type: "delay", config: { duration: 0.1 } },
      {
        name: "two",
        type: "webhook",
        config: { url: sink.url(two), method: "POST", body: ["${one.status_code}", "${wait.duration}"] },
      },
    ]);
    expect(run.status).toBe("success");
    const came = sink.received.filter(({ path }) => path === one || path === two);
    expect(came.map(({ path, text }) => [path, text])).toEqual([
      [one, ""],
      [two, "[200,0.1]"],
    ]);
  });

  test("keeps what a placeholder brings where it stands in the address", async () => {
    const path = freshPath();
    const base = sink.url(path).slice(0, -path.length);
    const url = `${base}/a/\${payload.id}/b?q=\${payload.q}`;
    const run = await api.run([webhook({ url, method: "GET" })], { id: "../../x?y#z", q: "1&admin=1" });
    const sent = "/a/..%2F..%2Fx%3Fy%23z/b?q=1%26admin%3D1";
    expect(run.output("hook")).toMatchObject({ url: `${base}${sent}` });
    expect(sink.at(sent)).toHaveLength(1);
  });

  test("carries the credentials of the address as a header, and no output shows them", async () => {
    const path = freshPath();
    const url = sink.url(path).replace("//", "//bob:s3cret@");
    const run = await api.run([webhook({ url, method: "GET" })]);
    expect(sink.at(path)[0]?.headers.get("authorization")).toBe(`Basic ${btoa("bob:s3cret")}`);
    expect(run.output("hook")).toMatchObject({ url: url.replace("bob:s3cret", "***") });
    expect(run.text).not.toContain("s3cret");
  });

  const brought = [
    { title: "a line break into a header", config: { headers: { "x-a": "${payload.bad}" } }, bad: "a\r\nx-evil: 1" },
    { title: "an address that is not http", config: { url: "${payload.bad}" }, bad: "file:///etc/passwd" },
    { title: "an address that is none", config: { url: "${payload.bad}" }, bad: "not a url" },
    { title: "an object as the address", config: { url: "${payload.bad}" }, bad: { a: 1 } },
    {
      title: "a part of the host that goes beyond it",
      config: { url: "http://${payload.bad}.localhost/" },
      bad: "a/b",
    },
    { title: "a step upwards in the path", config: { url: "http://localhost/a/${payload.bad}/b" }, bad: ".." },
    { title: "too many headers", config: { headers: "${payload.bad}" }, bad: many(101) },
    { title: "an unknown method", config: { method: "${payload.bad}" }, bad: "BREW" },
  ];
  for (const { title, config, bad } of brought) {
    test(`is not sent when a placeholder brings ${title}`, async () => {
      const path = freshPath();
      const steps = [webhook({ url: sink.url(path), method: "POST", ...config })];
      const run = await api.untilEnded(await api.trigger(await api.create(steps), { bad }));
      expectFailed(run, /\S/);
      expect(sink.at(path)).toEqual([]);
    });
  }
});

describe("the reply", () => {
  const json = "application/json";
  const replies: { title: string; type: string; body: string; data: unknown; status?: number }[] = [
    { title: "JSON", type: json, body: '{"a":[1,null,"é"]}', data: { a: [1, null, "é"] } },
    { title: "JSON with a charset", type: `${json}; charset=utf-8`, body: "[1]", data: [1] },
    { title: "JSON of another kind", type: "application/problem+json", body: '{"title":"x"}', data: { title: "x" } },
    { title: "a bare JSON value", type: json, body: "5", data: 5 },
    { title: "JSON that is none", type: json, body: '{"a":', data: '{"a":' },
    { title: "JSON that is empty", type: json, body: "", data: "" },
    { title: "text", type: "text/plain", body: "plain", data: "plain" },
    { title: "text that looks like JSON", type: "text/plain", body: '{"a":1}', data: '{"a":1}' },
    { title: "HTML", type: "text/html", body: "<p>é🚀</p>", data: "<p>é🚀</p>" },
    { title: "no content", type: "text/plain", body: "", data: "", status: 204 },
    { title: "created", type: json, body: '{"id":1}', data: { id: 1 }, status: 201 },
  ];
  for (const { title, type, body, data, status = 200 } of replies) {
    test(`${title} is given as ${typeof data === "string" ? "text" : "its value"}`, async () => {
      const url = sink.url(freshPath(), { status, headers: { "content-type": type }, body });
      const run = await api.run([
        webhook({ url, method: "POST" }),
        { name: "after", type: "transform", config: { value: "${hook.response_data}" } },
      ]);
      const output = { type: "webhook", status_code: status, response_data: data, url, method: "POST" };
      expect(run.output("hook")).toEqual(output);
      expect(run.output("after")).toEqual({ type: "transform", value: data });
    });
  }

  const mended: { body: string; data: unknown; path: (string | number)[]; fault: string }[] = [
    { body: '{"a":"\\u0000","b":1}', data: { a: "\uFFFD", b: 1 }, path: ["a"], fault: "string" },
    { body: '["\\ud800"]', data: ["\uFFFD"], path: [0], fault: "string" },
    { body: '{"n":9007199254740993,"x":"y"}', data: { n: "9007199254740993", x: "y" }, path: ["n"], fault: "number" },
    { body: "[1e400]", data: ["1e400"], path: [0], fault: "number" },
  ];
  for (const { body, data, path, fault } of mended) {
    test(`JSON holding ${body} keeps the rest, and the output says where`, async () => {
      const url = sink.url(freshPath(), { headers: JSON_REPLY, body });
      const run = await api.run([
        webhook({ url, method: "POST" }),
        { name: "after", type: "transform", config: { value: "${hook.response_data}" } },
      ]);
      const response_faults = { count: 1, first: [{ path, fault }] };
      expect(run.output("hook")).toMatchObject({ response_data: data, response_faults });
      expect(run.output("after")).toEqual({ type: "transform", value: data });
    });
  }

  test("with keys that name a prototype is carried unchanged, through later steps too", async () => {
    const body = '{"__proto__":{"a":1},"constructor":2,"prototype":3}';
    const url = sink.url(freshPath(), { headers: JSON_REPLY, body });
    const run = await api.run([
      webhook({ url, method: "POST" }),
      {
        name: "after",
        type: "transform",
        config: { value: { whole: "${hook.response_data}", text: "<${hook.response_data}>" } },
      },
    ]);
    expect(run.text).toContain(`"response_data":${body}`);
    expect(run.text).toContain(`"whole":${body}`);
    expect(run.text).toContain(`"text":${JSON.stringify(`<${body}>`)}`);
  });

  for (const [coding, compressed] of [
    ["gzip", Bun.gzipSync("hello")],
    ["zstd", new Uint8Array(Bun.zstdCompressSync("hello"))],
  ] as const) {
    test(`that is compressed with ${coding}, though it was asked not to be, is read`, async () => {
      const path = freshPath();
      const url = sink.url(path, { headers: { "content-encoding": coding }, body: compressed });
      const run = await api.run([webhook({ url, method: "GET" })]);
      expect(run.output("hook")).toMatchObject({ response_data: "hello" });
      expect(sink.at(path)[0]?.headers.get("accept-encoding")).toBe("identity");
    });
  }

  const bytes = [
    { title: "a raw NUL", body: new Uint8Array([97, 0, 98]) },
    { title: "bytes that are no UTF-8", body: new Uint8Array([97, 0xff, 0xed, 0xa0, 0x80, 98]) },
    { title: "nesting of 5,000", body: "[".repeat(5_000) + "]".repeat(5_000) },
    { title: "a key named __proto__", body: '{"__proto__":{"polluted":1},"constructor":2}' },
  ];
  for (const { title, body } of bytes) {
    for (const type of [json, "text/plain"]) {
      test(`${title} as ${type} harms neither this run nor one beside it`, async () => {
        const url = sink.url(freshPath(), { headers: { "content-type": type }, body });
        const good = sink.url(freshPath(), { headers: JSON_REPLY, body: "1" });
        const [run, beside] = await Promise.all([
          api.run([webhook({ url, method: "GET" })]),
          api.run([webhook({ url: good, method: "GET" })]),
        ]);
        expect(run.output("hook")).toEqual(
          expect.objectContaining({ status_code: 200, response_data: expect.anything() }),
        );
        expect(beside.output("hook")).toMatchObject({ response_data: 1 });
      });
    }
  }

  const statuses: { status: number; accept?: unknown[]; ends: string }[] = [
    ...[200, 201, 299].map((status) => ({ status, ends: "success" })),
    ...[300, 302, 304, 400, 401, 404, 499, 500, 503].map((status) => ({ status, ends: "failed" })),
    { status: 404, accept: ["4xx", 503], ends: "success" },
    { status: 503, accept: ["4xx", 503], ends: "success" },
    { status: 500, accept: ["4xx", 503], ends: "failed" },
    { status: 502, accept: ["4xx", 503], ends: "failed" },
    { status: 200, accept: ["4xx"], ends: "success" },
    { status: 500, accept: ["5xx"], ends: "success" },
    { status: 304, accept: ["3xx"], ends: "success" },
    { status: 404, accept: [], ends: "failed" },
    { status: 404, accept: [404], ends: "success" },
  ];
  for (const { status, accept, ends } of statuses) {
    const accepting = accept === undefined ? "" : ` where ${JSON.stringify(accept)} is accepted`;
    test(`status ${status}${accepting} is a ${ends}`, async () => {
      const url = sink.url(freshPath(), {
        status,
        headers: JSON_REPLY,
        body: status === 304 ? "" : '{"why":"because"}',
      });
      const run = await api.run([webhook({ url, method: "POST", ...(accept === undefined ? {} : { accept }) })]);
      if (ends === "failed") expectFailed(run, new RegExp(String(status)));
      else expect(run.output("hook")).toMatchObject({ type: "webhook", status_code: status });
    });
  }

  test("that never comes, because nobody listens, fails the step", async () => {
    expectFailed(await api.run([webhook({ url: deadUrl(), method: "POST" })]), /\S/);
  });

  test("that breaks off fails the step", async () => {
    const server = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data(socket) {
          socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this");
          socket.end();
        },
      },
    });
    try {
      const url = `http://127.0.0.1:${server.port}/`;
      expectFailed(await api.run([webhook({ url, method: "GET" })]), /\S/);
    } finally {
      server.stop(true);
    }
  });
});
