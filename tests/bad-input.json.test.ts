/** Bodies that are no JSON, do not say that they are, or hold too much of it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { expectFaultsBelow, Ground, workflowText } from "./harness/http/bad-input.ts";
import { inPieces } from "./harness/http/client.ts";
import { expectError } from "./harness/http/expect.ts";
import { listAt, numberAt, textAt } from "./harness/http/json.ts";
import { rawRequest } from "./harness/http/raw-http.ts";

const MIB = 1_048_576;

let ground: Ground;
beforeAll(async () => {
  ground = await Ground.prepare();
});
afterAll(() => ground.close());

/** Every route that takes a body, and one of them with the trailing slash that clients may write. */
const routes = [
  { method: "POST", path: () => "/api/v1/workflows" },
  { method: "PUT", path: () => `/api/v1/workflows/${ground.workflow}` },
  { method: "POST", path: () => "/api/v1/trigger" },
  { method: "POST", path: () => "/api/v1/trigger/" },
];

describe("broken JSON", () => {
  const broken = [
    "{",
    '{"name":"a"',
    '{"name":}',
    "{'name':'a'}",
    '{"name":"a",}',
    "[1,]",
    "nul",
    "NaN",
    '{"name":"a"}}',
    '{"name":"a"} x',
    '{"duration":NaN}',
    '{"duration":Infinity}',
    '{"duration":01}',
    '{"duration":+1}',
    '{"duration":.5}',
    '{"name":"\\x41"}',
    '{"name":"\\u12"}',
    '{"name":"a\nb"}',
    '{"name":"\u0000"}',
    "// a comment\n{}",
    "name=a&steps=b",
  ];
  for (const text of broken) {
    for (const { method, path } of routes) {
      test(`${JSON.stringify(text)} at ${method} ${path.toString().slice(6)}`, async () => {
        await ground.refuses(ground.api.sendText(method, path(), text), (reply) => {
          expectFaultsBelow(reply, "body");
          expect(listAt(reply.body, "detail")).toHaveLength(1);
          expect(textAt(reply.body, "detail", 0, "type")).toBe("json_invalid");
          const offset = numberAt(reply.body, "detail", 0, "loc", 1);
          expect(offset >= 0 && offset <= text.length).toBe(true);
        });
      });
    }
  }

  for (const { method, path } of routes) {
    test(`no body at all at ${method} ${path.toString().slice(6)}`, async () => {
      await ground.refuses(ground.api.send(method, path()), (reply) => expectFaultsBelow(reply, "body"));
    });
  }
});

describe("a content type that is not JSON", () => {
  const types = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
  ];
  for (const type of [...types, "application/octet-stream", "application/jsonx", "nonsense", "*/*"]) {
    test(`${type} is a 415`, async () => {
      for (const { method, path } of routes) {
        const headers = { "content-type": type };
        const request = ground.api.send(method, path(), { body: workflowText("1"), headers });
        await ground.refuses(request, (reply) => expectError(reply, 415));
      }
    });
  }
});

describe("a body of no content type is a 415", () => {
  test("with a length, or in chunks", async () => {
    const text = workflowText("1");
    for (const { method, path } of routes) {
      for (const [header, body] of [
        [`Content-Length: ${text.length}`, text],
        ["Transfer-Encoding: chunked", `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`],
      ] as const) {
        const request = rawRequest(ground.api.url, [`${method} ${path()} HTTP/1.1`, header], [body]);
        await ground.refuses(request, (reply) => {
          expectError(reply, 415);
          expect(textAt(reply.body, "code")).toBe("unsupported_media_type");
        });
      }
    }
  });

  test("that a page may send to any address", async () => {
    for (const { method, path } of routes) {
      const request = fetch(ground.api.url + path(), { method, body: new Blob([workflowText("1")]) });
      expect((await request).status).toBe(415);
    }
  });
});

describe("a body over 1 MiB is a 413", () => {
  const padded = (bytes: number) => {
    const empty = ground.triggerText('{"pad":""}');
    return ground.triggerText(`{"pad":"${"x".repeat(bytes - empty.length)}"}`);
  };
  for (const bytes of [MIB + 1, 2 * MIB, 20 * MIB]) {
    test(`of ${bytes} bytes with a content-length`, async () => {
      for (const { method, path } of routes) {
        await ground.refuses(ground.api.sendText(method, path(), padded(bytes)), (reply) => expectError(reply, 413));
      }
    });

    test(`of ${bytes} bytes in chunks`, async () => {
      const request = ground.api.sendText("POST", "/api/v1/trigger", inPieces(padded(bytes)));
      await ground.refuses(request, (reply) => expectError(reply, 413));
    });
  }

  test("when its length is announced, before any of it is read", async () => {
    const head = ["POST /api/v1/trigger HTTP/1.1", "Content-Type: application/json", `Content-Length: ${200 * MIB}`];
    await ground.refuses(rawRequest(ground.api.url, head, ["{"]), (reply) => expectError(reply, 413));
  });

  test("counted in bytes, not in characters", async () => {
    const text = ground.triggerText(`{"pad":"${"é".repeat(600_000)}"}`);
    await ground.refuses(ground.api.sendText("POST", "/api/v1/trigger", text), (reply) => expectError(reply, 413));
  });

  test("even where it is no JSON", async () => {
    const text = "x".repeat(MIB + 1);
    await ground.refuses(ground.api.sendText("POST", "/api/v1/workflows", text), (reply) => expectError(reply, 413));
  });
});

describe("nesting over 64, and 128 of a definition", () => {
  const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
  const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
  // What it wraps the value in counts too: the body around a payload, the config around a value.
  const deep = [
    { title: "a payload", path: "/api/v1/trigger", text: () => ground.triggerText(objects(64)) },
    { title: "a deeper payload", path: "/api/v1/trigger", text: () => ground.triggerText(objects(1_000)) },
    { title: "a value", path: "/api/v1/workflows", text: () => workflowText(nested(64)) },
    { title: "a definition", path: "/api/v1/workflows", text: () => workflowText(nested(125)) },
    { title: "a value of 100,000 levels", path: "/api/v1/workflows", text: () => workflowText(nested(100_000)) },
    { title: "nothing but brackets", path: "/api/v1/workflows", text: () => nested(500_000) },
  ];
  for (const { title, path, text } of deep) {
    test(`in ${title} is a 422`, async () => {
      await ground.refuses(ground.api.sendText("POST", path, text()), (reply) => expectFaultsBelow(reply, "body"));
    });
  }

  test("100,000 open brackets are a 422 as well", async () => {
    const request = ground.api.sendText("POST", "/api/v1/workflows", "[".repeat(100_000));
    await ground.refuses(request, (reply) => expectFaultsBelow(reply, "body"));
  });
});

describe("10,000 faults in one body", () => {
  const list = (item: string) => `[${Array(10_000).fill(item).join(",")}]`;
  const many = [
    { title: "numbers", path: "/api/v1/trigger", text: () => ground.triggerText(list("1e400")) },
    { title: "texts", path: "/api/v1/trigger", text: () => ground.triggerText(list('"\\u0000"')) },
    { title: "keys", path: "/api/v1/trigger", text: () => ground.triggerText(list('{"__proto__":1}')) },
    { title: "steps that are none", path: "/api/v1/workflows", text: () => `{"name":"x","steps":${list("5")}}` },
    {
      title: "unknown types",
      path: "/api/v1/workflows",
      text: () => `{"name":"x","steps":${list('{"name":"x","type":"none","config":{}}')}}`,
    },
  ];
  for (const { title, path, text } of many) {
    test(`${title}: told at once, in less than 1 MiB`, async () => {
      const asked = performance.now();
      await ground.refuses(ground.api.sendText("POST", path, text()), (reply) => {
        const took = performance.now() - asked;
        expectFaultsBelow(reply, "body");
        // While it works this out the platform answers nobody: generous for any machine, far below what it took once.
        expect(took).toBeLessThan(1_000);
        expect(reply.text.length).toBeLessThan(MIB);
      });
    });
  }
});

test("nothing of this has changed anything or was logged as an error", () => ground.expectUntouched());
