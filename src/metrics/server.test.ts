/** Whom the port for metrics answers, whatever stands in the Host of a request. */
import { afterAll, expect, test } from "bun:test";
import { connect } from "node:net";
import pino from "pino";
import { systemClock } from "../clock.ts";
import { buildInfo } from "./gauges.ts";
import { serveMetrics } from "./server.ts";

const lines: Record<string, unknown>[] = [];
const log = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) });
const build = buildInfo.at({ version: "0", mode: "embedded", program: "start" }, 1);
const work = { ready: async () => ({}), collectors: () => [], clock: systemClock, log };

function serve(host: string): { port: number; stop: () => Promise<void> } {
  const stop = serveMetrics({ program: "start", host, port: 0, build, ...work });
  return { port: Number(new URL(String(lines.at(-1)?.address)).port), stop };
}

const local = serve("127.0.0.1");
const open = serve("0.0.0.0");
afterAll(async () => {
  await local.stop();
  await open.stop();
});

/** The status line of the answer to a request that is sent as it is written here. */
function statusOf({ port }: { port: number }, path: string, head: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(`GET ${path} ${head}\r\n\r\n`));
    socket.once("data", (bytes) => resolve(bytes.toString().split(" ")[1] ?? ""));
    socket.once("error", reject);
    socket.setTimeout(10_000, () => socket.destroy(new Error("no answer")));
  });
}

for (const host of ["[::1", "a b", "x:99999", "", "a/b", "%zz"]) {
  test(`a Host that names none, ${JSON.stringify(host)}, is no mistake of ours`, async () => {
    expect(await statusOf(local, "/health", `HTTP/1.1\r\nHost: ${host}`)).toBe("200");
    expect(await statusOf(open, "/metrics?x", `HTTP/1.1\r\nHost: ${host}`)).toBe("200");
    expect(await statusOf(local, "/nope", `HTTP/1.1\r\nHost: ${host}`)).toBe("404");
    expect(lines.filter(({ level }) => Number(level) >= 40)).toEqual([]);
  });
}

test("HTTP/1.0 needs no Host", async () => {
  for (const path of ["/health", "/metrics"]) expect(await statusOf(local, path, "HTTP/1.0")).toBe("200");
});

test("on loopback a name that a page made lead here gets no metrics", async () => {
  for (const host of ["evil.example", "10.0.0.1:9100", "localhost.evil.example"]) {
    expect([host, await statusOf(local, "/metrics", `HTTP/1.1\r\nHost: ${host}`)]).toEqual([host, "421"]);
    expect(await statusOf(open, "/metrics", `HTTP/1.1\r\nHost: ${host}`)).toBe("200");
  }
  for (const host of ["localhost:9100", "127.0.0.1", "127.0.0.3:14001", "[::1]:1"]) {
    expect([host, await statusOf(local, "/metrics", `HTTP/1.1\r\nHost: ${host}`)]).toEqual([host, "200"]);
  }
});
