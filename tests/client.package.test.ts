/** The client as other projects have it: the package as npm packs it, what Node makes of it, and what the compiler does. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Platform, REPOSITORY } from "./harness/platform.ts";

const folder = mkdtempSync(join(tmpdir(), "client-package-test-"));
const installed = join(folder, "node_modules/workflow-platform");

/** A program that takes the types at their word: what it expects to be wrong is wrong. */
const PROGRAM = `
import { ApiError, Client, type Json, type Run, RunFailed, type RunSummary, verifyWebhook } from "workflow-platform/client";

const platform = new Client({ url: "http://127.0.0.1:8001" });
const run = await platform.trigger("order", { payload: { lines: [{ sku: "a", n: 1 }] }, delay: "PT1M", priority: 4 });
for await (const { id, type, address } of run.events()) console.log(id + 1, type.length, address?.length);
const output: Json = await run.result({ timeout: 60, signal: AbortSignal.timeout(1000) });
const rows: RunSummary[] = [];
for await (const one of platform.runs.summaries({ status: ["failed", "cancelled"] })) rows.push(one);
const whole: Run = await platform.runs.get(run.id);
const status: "pending" | "running" | "success" | "failed" | "paused" | "cancelled" = whole.status;
const { next_runs } = await platform.schedules.create({ workflow_id: "order", cron: "0 3 * * *", overlap: "queue" });
const { willRun } = await run.retry({ from: "charge", version: "latest" });
const state = await (await platform.runs.startBulk({ action: "retry" }, { workflow: "order" })).ended();
const nodeHeaders: { [name: string]: string | string[] | undefined } = {};
const isGenuine: boolean = await verifyWebhook({ body: "{}", headers: nodeHeaders, secret: "whsec_AAAA" });
try {
  await platform.workflows.create({ name: "w", steps: [{ name: "a", type: "transform", config: { value: 1 } }] });
} catch (error) {
  if (error instanceof ApiError) console.log(error.faults.map(({ loc, msg }) => [...loc, msg]), error.retryAfter);
  if (error instanceof RunFailed) console.log(error.run.error_details?.code);
}
console.log(output, rows, status, next_runs[0]?.length, willRun[0]?.length, state.errors[0]?.run_id, isGenuine);
// @ts-expect-error there is no such status
platform.runs.list({ status: "gone" });
// @ts-expect-error there is no such overlap
platform.schedules.preview({ workflow_id: "order", every: 60, overlap: "never" });
// @ts-expect-error a run has no such field
console.log(whole.stepResults);
`;

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start();
  mkdirSync(installed, { recursive: true });
  await succeed(["npm", "pack", "--silent", "--pack-destination", folder], REPOSITORY);
  const [archive = ""] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  await succeed(["tar", "xzf", join(folder, archive), "-C", installed, "--strip-components=1"], folder);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "program.ts"), PROGRAM);
}, 120_000);
afterAll(async () => {
  await platform.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a program in a folder. @returns what it wrote */
async function succeed(command: string[], cwd: string): Promise<string> {
  const child = Bun.spawn(command, { cwd, stdout: "pipe", stderr: "inherit" });
  const written = await new Response(child.stdout).text();
  expect([written, await child.exited]).toEqual([written, 0]);
  return written;
}

test("the package has what runs, and no tests", async () => {
  const files = [...new Bun.Glob("**/*").scanSync(installed)];
  for (const name of ["dist/client/index.js", "dist/client/index.d.ts", "dist/page/manifest.json", "src/wf/main.ts"]) {
    expect(files).toContain(name);
  }
  expect(files.filter((name) => /[.](test|fixture)[.]ts$|^(tests|bench)[/]/.test(name))).toEqual([]);
});

for (const [module, moduleResolution] of [
  ["ESNext", "bundler"],
  ["NodeNext", "NodeNext"],
]) {
  test(`a strict project compiles with it, by ${moduleResolution}, without any other package`, async () => {
    const compilerOptions = {
      ...{ module, moduleResolution, target: "ESNext", lib: ["ESNext", "DOM", "DOM.AsyncIterable"], types: [] },
      ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false },
      noEmit: true,
    };
    const name = `tsconfig.${moduleResolution}.json`;
    writeFileSync(join(folder, name), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
    expect(await succeed([join(REPOSITORY, "node_modules/.bin/tsc"), "-p", name], folder)).toBe("");
  });
}

test("Node runs it", async () => {
  const definition = {
    name: "n",
    steps: [{ name: "a", type: "transform", config: { value: 1 } }],
    output: "${payload.n}",
  };
  writeFileSync(
    join(folder, "program.mjs"),
    `import { Client } from "workflow-platform/client";
    const platform = new Client({ url: ${JSON.stringify(platform.url)} });
    const { workflow_id } = await platform.workflows.create(${JSON.stringify(definition)});
    const run = await platform.trigger(workflow_id, { payload: { n: 7 } });
    // Times that are no whole milliseconds, and longer than timers can wait.
    console.log(await run.result({ timeout: 20.0015 }), await run.result({ timeout: 1e10 }));`,
  );
  expect(await succeed(["node", "program.mjs"], folder)).toBe("7 7\n");
});
