/** Webhooks of a platform as it comes: to public addresses alone. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client, type StepInput } from "./harness/http/client.ts";
import { Platform, startRefused } from "./harness/platform.ts";
import { Sink } from "./harness/sinks/sink.ts";

let platform: Platform;
let api: Client;
let sink: Sink;
beforeAll(async () => {
  sink = new Sink();
  platform = await Platform.start({ env: { WEBHOOK_ALLOW: "", HTTP_PROXY: new URL(sink.url("/")).origin } });
  api = new Client(platform.url);
});
afterAll(async () => {
  await platform.close();
  await sink.close();
});

const webhook = (url: string): StepInput => ({
  name: "hook",
  type: "webhook",
  config: { url, method: "POST", body: "x" },
});

test("the machine's own addresses, those beside it and the platform itself are refused in the same words", async () => {
  const { port } = new URL(sink.url("/hook"));
  const urls = [
    sink.url("/hook"),
    `http://localhost:${port}/hook`,
    `http://2130706433:${port}/hook`,
    `http://[::ffff:127.0.0.1]:${port}/hook`,
    `http://127.0.0.1:1/nobody`,
    `${platform.url}/api/v1/workflows`,
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/",
    "http://[fd00:ec2::254]/",
  ];
  const runs = await Promise.all(urls.map((url) => api.run([webhook(url)])));
  const errors = new Set(runs.map((run) => run.step("hook").error));
  expect(runs.map(({ status }) => status)).toEqual(urls.map(() => "failed"));
  expect([...errors]).toEqual([expect.stringContaining("WEBHOOK_ALLOW")]);
  expect(sink.received).toEqual([]);
});

test("WEBHOOK_ALLOW opens what it names, whatever proxy the environment has", async () => {
  const { host } = new URL(sink.url("/allowed"));
  await platform.restart({ WEBHOOK_ALLOW: host });
  const run = await new Client(platform.url).run([webhook(sink.url("/allowed"))]);
  expect(run.status).toBe("success");
  expect(sink.at("/allowed")).toHaveLength(1);
});

const wrong = [
  { env: { WEBHOOK_ALLOW: "10.0.0.0/99" }, names: "WEBHOOK_ALLOW" },
  { env: { WEBHOOK_ALLOW: "http://bob:s3cret@host/" }, names: "WEBHOOK_ALLOW" },
  { env: { WEBHOOK_CA_FILE: "/nonexistent/s3cret" }, names: "WEBHOOK_CA_FILE" },
  { env: { WEBHOOK_CA_FILE: "package.json" }, names: "WEBHOOK_CA_FILE" },
  { env: { WEBHOOK_PROXY: "https://bob:s3cret@proxy:1" }, names: "WEBHOOK_PROXY" },
  { env: { WEBHOOK_PROXY: "http://bob:s3cret@proxy:1/path" }, names: "WEBHOOK_PROXY" },
];
for (const { env, names } of wrong) {
  test(`${JSON.stringify(env)} ends the start with one sentence`, async () => {
    const { exitCode, stderr, stdout } = await startRefused({ env });
    expect(exitCode).toBe(1);
    expect(stderr + stdout).toContain(names);
    expect(stderr + stdout).not.toContain("s3cret");
    expect(stderr).not.toContain("    at ");
  });
}
