/** Clients that send a byte a second, through nginx and straight at the process: others do not feel them. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endAll } from "../infrastructure/local/processes/ending.ts";
import { sessionOf } from "../infrastructure/local/processes/kernel.ts";
import { type PartRecord, startPart } from "../infrastructure/local/processes/parts.ts";
import { nginxPart } from "../infrastructure/local/services/nginx.ts";
import { PlatformError } from "../src/errors.ts";
import { Client } from "./harness/http/client.ts";
import { Connection } from "./harness/http/connection.ts";
import { SlowClients } from "./harness/http/slow-clients.ts";
import { Platform } from "./harness/platform.ts";
import { cpuSeconds, residentMegabytes } from "./harness/procfs.ts";
import { freePorts } from "./harness/stack.fixture.ts";

setDefaultTimeout(180_000);

const FULL = process.env.TEST_SIZE === "full";
/** Of each kind: headers and bodies, each through nginx and straight. */
const EACH = FULL ? 1000 : 75;
const OTHERS = 4;
/** Between two requests of one of the others. */
const PAUSE_MS = FULL ? 10 : 20;
const MEASURED_MS = FULL ? 10_000 : 4_000;
/** Below this a p99 is the machine's own noise: other tests run beside this one. */
const NOISE_MS = 50;
/** nginx's `client_header_timeout`, that of Bun's server, and the API's time for a body; each may be noticed a moment later. */
const NGINX_HEADER_SECONDS = 15;
const HEADER_SECONDS = 10;
const BODY_SECONDS = 30;
const LATER_SECONDS = 5;

const folder = mkdtempSync(join(tmpdir(), "slow-clients-"));
let platform: Platform;
let nginx: PartRecord;
let workflow: string;
beforeAll(async () => {
  platform = await Platform.start();
  nginx = await startPart(folder, nginxPart(folder, freePorts(1), [Number(new URL(platform.url).port)]));
  workflow = await new Client(platform.url).create([{ name: "a", type: "transform", config: { value: 1 } }]);
});
afterAll(async () => {
  await endAll(folder);
  await platform?.close();
  rmSync(folder, { recursive: true });
});

const head = (line: string, more: string) => `${line} HTTP/1.1\r\nHost: localhost\r\n${more}`;
const HEADERS = head("GET /health", "X-Slow: ");
const BODY = head("POST /api/v1/trigger", 'Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{"a":"');

test(`${EACH * 4} of them`, async () => {
  const ways = { "through nginx": nginx.address, straight: platform.url };
  const before = await measured(ways);
  const memoryBefore = memory();
  const cpuBefore = cpu();
  const slow = {
    nginxHeaders: await SlowClients.open(nginx.address, EACH, HEADERS),
    nginxBodies: await SlowClients.open(nginx.address, EACH, BODY),
    headers: await SlowClients.open(platform.url, EACH, HEADERS),
    bodies: await SlowClients.open(platform.url, EACH, BODY),
  };
  await Bun.sleep(2000);
  for (const clients of Object.values(slow)) expect(clients.stillOpen).toBe(EACH);
  const [idleCpu, idleFrom] = [cpu(), performance.now()];
  await Bun.sleep(2000);
  const share = (cpu() - idleCpu) / ((performance.now() - idleFrom) / 1000);
  const grown = { platform: memory().platform - memoryBefore.platform, nginx: memory().nginx - memoryBefore.nginx };

  const during = await measured(ways);
  console.log(
    `${EACH * 2} slow clients at each: p99 ${text(before)} before, ${text(during)} beside them;`,
    `platform ${grown.platform.toFixed(0)} MB more, nginx ${grown.nginx.toFixed(0)} MB,`,
    `${(share * 100).toFixed(1)}% of a core for all; ${(cpu() - cpuBefore).toFixed(1)} s of CPU`,
  );
  for (const way of Object.keys(ways)) {
    expect(during.get(way)).toBeLessThanOrEqual(Math.max(2 * (before.get(way) ?? 0), NOISE_MS));
  }
  // 20 kB for each, and the noise of a heap.
  expect(grown.platform).toBeLessThan(40 + EACH * 2 * 0.02);
  expect(grown.nginx).toBeLessThan(10 + EACH * 2 * 0.02);

  const { message, status } = new PlatformError("request_timeout");
  await ended(slow.headers, HEADER_SECONDS);
  await ended(slow.nginxHeaders, NGINX_HEADER_SECONDS);
  await ended(slow.bodies, BODY_SECONDS);
  await ended(slow.nginxBodies, BODY_SECONDS);
  for (const { reply } of [...slow.bodies.endings, ...slow.nginxBodies.endings]) {
    expect(reply).toStartWith(`HTTP/1.1 ${status} `);
    expect(reply).toContain(`"code":"request_timeout"`);
    expect(reply).toContain(`"detail":"${message}"`);
  }
  for (const { reply } of slow.bodies.endings) expect(reply).toMatch(/^connection: close\r$/im);
  for (const clients of Object.values(slow)) clients.close();

  for (const url of Object.values(ways)) {
    const replies = await Promise.all(Array.from({ length: 200 }, () => fetch(`${url}/health/ready`)));
    expect(replies.filter((reply) => reply.status !== 200)).toEqual([]);
  }
  expect(platform.complaints()).toEqual([]);
});

test("a body that comes slowly, and in time, is taken", async () => {
  for (const url of [nginx.address, platform.url]) {
    const connection = await Connection.open(url);
    const begun = connection.begin("/api/v1/trigger", JSON.stringify({ workflow_id: workflow }));
    await Bun.sleep(2500);
    expect((await begun.finish()).status).toBe(200);
    connection.close();
  }
});

/** The 99th percentile of what some clients wait for their answers, milliseconds, for each way to the platform. */
async function measured(ways: Record<string, string>): Promise<Map<string, number>> {
  const all = Object.entries(ways).map(async ([way, url]): Promise<[string, number]> => {
    const times: number[] = [];
    const end = performance.now() + MEASURED_MS;
    await Promise.all(
      Array.from({ length: OTHERS }, async () => {
        const connection = await Connection.open(url);
        while (performance.now() < end) {
          for (const asked of [
            () => connection.post("/api/v1/trigger", JSON.stringify({ workflow_id: workflow })),
            () => connection.get("/health"),
          ]) {
            const { status, tookMs } = await asked();
            expect(status).toBe(200);
            times.push(tookMs);
            await Bun.sleep(PAUSE_MS);
          }
        }
        connection.close();
      }),
    );
    times.sort((one, other) => one - other);
    return [way, times[Math.floor(times.length * 0.99)] ?? Number.NaN];
  });
  return new Map(await Promise.all(all));
}

async function ended(clients: SlowClients, seconds: number): Promise<void> {
  while (clients.stillOpen > 0) {
    if (clients.seconds > seconds + LATER_SECONDS) throw new Error(`${clients.stillOpen} are open still`);
    await Bun.sleep(100);
  }
  for (const { after } of clients.endings) expect(after).toBeGreaterThan(seconds - 1);
}

function nginxPids(): number[] {
  return sessionOf(nginx).map(({ pid }) => pid);
}

function memory(): { platform: number; nginx: number } {
  return {
    platform: residentMegabytes(platform.pid),
    nginx: nginxPids().reduce((megabytes, pid) => megabytes + residentMegabytes(pid), 0),
  };
}

function cpu(): number {
  return [platform.pid, ...nginxPids()].reduce((seconds, pid) => seconds + cpuSeconds(pid), 0);
}

function text(p99: Map<string, number>): string {
  return [...p99].map(([way, milliseconds]) => `${milliseconds.toFixed(1)} ms ${way}`).join(", ");
}
