/** Signals that ask a process to end: the second one, a hang-up, and those that come while it starts or as process 1. */
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "./harness/http/client.ts";
import { fieldsOf, Platform, REPOSITORY } from "./harness/platform.ts";
import { LedgerSink } from "./harness/sinks/ledger-sink.ts";

setDefaultTimeout(60_000);
/** Much less than the 15 s that runs under way get, and the 30 s of a lease. */
const AT_ONCE_MS = 10_000;
const HANGING_MS = 60_000;
/** Long enough for a second signal to be one of its own. */
const APART_MS = 600;

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

test("a second Ctrl-C ends it at once, and what it held is taken up at the next start", async () => {
  const sink = new LedgerSink();
  const platform = await Platform.start();
  cleanUps.push(
    () => sink.close(),
    () => platform.close(),
  );
  const api = new Client(platform.url);
  const url = sink.url("/hanging", { afterMs: (attempt) => (attempt === 0 ? HANGING_MS : 0) });
  const hook = { name: "hook", type: "webhook", config: { url, method: "POST", body: { n: 1 } } };
  const run = await api.trigger(await api.create([hook]));
  while (sink.of(run, 0).length === 0) await Bun.sleep(5);

  process.kill(platform.pid, "SIGINT");
  await Bun.sleep(APART_MS);
  const second = performance.now();
  process.kill(platform.pid, "SIGINT");
  expect(await platform.ended()).toBe(0);
  expect(performance.now() - second).toBeLessThan(AT_ONCE_MS);
  const loud = platform.logs.filter(({ fields }) => Number(fields.level) > 30).map(({ fields }) => fields.msg);
  expect(loud).toEqual(["stopping at once"]);

  const started = performance.now();
  await platform.restart();
  expect((await new Client(platform.url).untilEnded(run)).status).toBe("success");
  expect(performance.now() - started).toBeLessThan(2 * AT_ONCE_MS);
  expect(sink.of(run, 0)).toHaveLength(2);
});

test("a hang-up is an orderly end", async () => {
  const platform = await Platform.start();
  cleanUps.push(() => platform.close());
  process.kill(platform.pid, "SIGHUP");
  expect(await platform.ended()).toBe(0);
  expect(platform.logs.map(({ fields }) => fields.msg)).toEqual(["listening", "stopping", "stopped working"]);
});

test("under nohup a hang-up is nothing", async () => {
  const platform = spawn(["nohup", "bun", "src/main.ts"], {});
  await platform.logged("listening");
  process.kill(platform.pid, "SIGHUP");
  await Bun.sleep(APART_MS);
  process.kill(platform.pid, "SIGTERM");
  expect(await platform.exited).toBe(0);
  expect((await platform.logged("stopping")).signal).toBe("SIGTERM");
});

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  test(`${signal} ends process 1 of a container while it waits for PostgreSQL`, async () => {
    const user = process.getuid?.() === 0 ? [] : ["--map-root-user"];
    const DATABASE_URL = "postgres://127.0.0.1:1/none";
    const unshare = spawn(["unshare", ...user, "--pid", "--fork", "bun", "src/server.ts"], { DATABASE_URL });
    await unshare.logged("waiting for PostgreSQL");
    const children = readFileSync(`/proc/${unshare.pid}/task/${unshare.pid}/children`, "utf8");
    const inside = Number(children);
    expect(readFileSync(`/proc/${inside}/status`, "utf8")).toMatch(/^NSpid:\t\d+\t1$/m);
    const sent = performance.now();
    process.kill(inside, signal);
    expect(await unshare.exited).toBe(0);
    expect(performance.now() - sent).toBeLessThan(AT_ONCE_MS);
  });
}

/** A program, with the lines that it logged. */
function spawn(command: string[], env: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), "signals-test-"));
  const { PATH = "", HOME = "" } = process.env;
  const child = Bun.spawn(command, {
    cwd: REPOSITORY,
    env: { PATH, HOME, PORT: "0", DATA_DIR: folder, ...env },
    stdio: ["ignore", "pipe", "ignore"],
  });
  cleanUps.push(async () => {
    child.kill("SIGKILL");
    await child.exited;
    rmSync(folder, { recursive: true });
  });
  let text = "";
  (async () => {
    for await (const chunk of child.stdout) text += Buffer.from(chunk).toString();
  })();
  return {
    pid: child.pid,
    exited: child.exited,
    /** The fields of the line with this message, once it is there. */
    async logged(message: string): Promise<Record<string, unknown>> {
      for (;;) {
        const found = text
          .split("\n")
          .map(fieldsOf)
          .find(({ msg }) => msg === message);
        if (found !== undefined) return found;
        await Bun.sleep(10);
      }
    },
  };
}
