/** What a stack was started with holds for as long as anything of it runs. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { processOf } from "../infrastructure/local/processes/kernel.ts";
import { outcomeOf } from "../infrastructure/local/processes/packages.ts";
import { marksOf, takeOut } from "../infrastructure/local/services/nginx.ts";
import { stackDown, stackRestart, stackSettings } from "../infrastructure/local/stack.ts";
import { asStarted, startedOrNew } from "../infrastructure/local/started.ts";
import { REPOSITORY } from "./harness/platform.ts";
import { pidsIn } from "./harness/stack.fixture.ts";

const LARGE = {
  ...{ STACK_PORT: "20050", STACK_BASE_PORT: "20000", STACK_APIS: "3", STACK_WORKERS: "4" },
  ...{ STACK_BROKERS: "3", STACK_REPLICA: "1" },
};
const FRAME = { port: 20_050, basePort: 20_000, apis: 3, workers: 4, brokers: 3, replica: true };

let folder: string;
let part: Bun.Subprocess;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "started-test-"));
  await startedOrNew(settings(LARGE));
  part = Bun.spawn(["sleep", "60"]);
  mkdirSync(join(folder, "run"));
  record("postgres", part.pid);
  // As after `kill -9`.
  record("worker-3", -1);
});
afterEach(async () => {
  part.kill("SIGKILL");
  await part.exited;
  rmSync(folder, { recursive: true });
});

function settings(environment: Record<string, string> = {}) {
  return stackSettings({ ...environment, STACK_DIR: folder });
}

function record(name: string, pid: number): void {
  const startTime = pid < 0 ? 0 : processOf(pid)?.startTime;
  const stop = { signal: "SIGTERM", seconds: 1 };
  const one = { name, address: "", ports: [], pid, startTime, log: "", stop };
  writeFileSync(join(folder, `run/${name}.json`), JSON.stringify(one));
}

test("while one part runs, what is not said is as it was, and what is said may be the same", async () => {
  for (const said of [{}, { STACK_APIS: "", STACK_REPLICA: "" }, LARGE, { STACK_APIS: "3" }]) {
    expect(asStarted(settings(said))).toMatchObject(FRAME);
    expect(await startedOrNew(settings(said))).toMatchObject(FRAME);
  }
  const limited = settings({ RATE_LIMIT: "5", STACK_MONITORING: "1" });
  expect(asStarted(limited)).toMatchObject({ ...FRAME, limits: { requests: 5 }, monitoring: "usual" });
});

test.each([
  [{ STACK_APIS: "2" }, "STACK_APIS=3, not STACK_APIS=2"],
  [{ STACK_BROKERS: "1", STACK_WORKERS: "4" }, "STACK_BROKERS=3, not STACK_BROKERS=1"],
  [{ STACK_REPLICA: "0" }, "STACK_REPLICA=1, not STACK_REPLICA=0"],
  [
    { STACK_PORT: "8001", STACK_BASE_PORT: "14000" },
    "STACK_PORT=20050 STACK_BASE_PORT=20000, not STACK_PORT=8001 STACK_BASE_PORT=14000",
  ],
] as [Record<string, string>, string][])("another one is refused: %j", async (said, told) => {
  const sentence = `The stack in ${folder} runs with ${told}: leave that out, or end it first (make stack-down)`;
  await expect(stackRestart(settings(said), () => {})).rejects.toThrow(sentence);
  const child = Bun.spawn([process.execPath, "infrastructure/local/main.ts", "up"], {
    cwd: REPOSITORY,
    env: { ...process.env, ...said, STACK_DIR: folder },
    stdout: "pipe",
    stderr: "pipe",
  });
  expect(await outcomeOf(child)).toEqual({ code: 1, printed: "", complaint: `${sentence}\n` });
  expect(pidsIn(folder).size).toBe(2);
});

test("where nothing runs another stack may be started, a restart is refused, and the dead are forgotten", async () => {
  part.kill("SIGKILL");
  await part.exited;
  await expect(stackRestart(settings(), () => {})).rejects.toThrow(`Nothing of the stack in ${folder} runs`);
  expect(await startedOrNew(settings({ STACK_APIS: "2" }))).toMatchObject({ apis: 2, brokers: 1, replica: false });
  expect(pidsIn(folder).size).toBe(0);
  record("postgres", process.pid);
  expect(asStarted(settings())).toMatchObject({ apis: 2, brokers: 1, replica: false });
});

test("one that was started by a version that kept no numbers is taken at its caller's word", async () => {
  rmSync(join(folder, "started.json"));
  expect(await startedOrNew(settings({ STACK_APIS: "7" }))).toMatchObject({ apis: 7 });
  expect(await startedOrNew(settings({ STACK_APIS: "8" }))).toMatchObject({ apis: 8 });
});

test("what is cleaned leaves nothing outside of its folder", async () => {
  part.kill("SIGKILL");
  await part.exited;
  takeOut(folder, [20_001, 20_002], 20_001);
  expect(existsSync(join(marksOf(folder), "without-20001"))).toBe(true);
  await stackDown(settings(), { data: "remove" });
  expect(existsSync(marksOf(folder))).toBe(false);
  expect(readdirSync(folder)).toEqual(["lock"]);
});
