/** What the log and the results of a run that is over tell together: every attempt of every step. */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { parseLog } from "../src/schemas/log/log.ts";
import { Client, type StepInput } from "./harness/http/client.ts";
import { objectAt } from "./harness/http/json.ts";
import { Platform } from "./harness/platform.ts";

let usual: Platform;
let claimed: Platform;
beforeAll(async () => {
  usual = await Platform.start();
  claimed = await Platform.start({ env: { SHORTCUTS: "none" } });
});
afterAll(async () => {
  await usual.close();
  await claimed.close();
});

/** Runs these steps to their end; its results, and the entries of its log with their format. */
async function historyOf(platform: Platform, steps: StepInput[]) {
  const api = new Client(platform.url);
  const run = await api.trigger(await api.create(steps));
  const { body, status } = await api.untilEnded(run);
  const database = new Database(join(platform.dataFolder, "platform.db"), { readonly: true });
  const rows = database
    .query<{ format: number; entries: string }, [string]>(
      "select format, entries from run_log where run_uuid = ? order by seq",
    )
    .all(run);
  database.close();
  expect(rows.every(({ format }) => format === 1)).toBe(true);
  return { status, results: objectAt(body, "step_results"), log: rows.flatMap(({ entries }) => parseLog(entries)) };
}

const FAILS: StepInput = {
  name: "fails",
  type: "transform",
  config: { value: "${payload.nothing}" },
  retry: { on: ["*"], max_attempts: 3, initial_interval: 0 },
};
const WORKS: StepInput = { name: "works", type: "transform", config: { value: 1 } };

for (const [name, platformOf] of [
  ["with all shortcuts", () => usual],
  ["without any", () => claimed],
] as const) {
  test(`attempts that failed in one burst with the end are in the log, ${name}`, async () => {
    const { status, results, log } = await historyOf(platformOf(), [WORKS, FAILS]);
    expect(status).toBe("failed");
    expect(results).toMatchObject({ fails: { attempts: 3 }, works: { status: "success" } });
    const failed = log.filter(([path, { status: is }]) => path === "1" && is === "running");
    expect(failed.map(([, { attempts }]) => attempts)).toEqual([1, 2]);
    for (const [, { error, error_details: details }] of failed) {
      expect(error).toBeString();
      expect(details).toMatchObject({ step: "fails", at: expect.any(String) });
    }
  });

  test(`a run whose results tell everything has no log of its burst, ${name}`, async () => {
    const { log, results } = await historyOf(platformOf(), [WORKS, { ...WORKS, name: "too" }]);
    expect(log).toEqual([]);
    expect(results).toMatchObject({
      works: { started_at: expect.any(String), completed_at: expect.any(String) },
      too: { started_at: expect.any(String), completed_at: expect.any(String) },
    });
  });

  test(`attempts of a block are in the log with the steps within, ${name}`, async () => {
    const inner = { ...FAILS, name: "inner", retry: false as const };
    const block = {
      name: "block",
      type: "block",
      config: { steps: [WORKS, inner] },
      retry: { on: ["*"], max_attempts: 2, initial_interval: 0 },
    };
    const { log, results } = await historyOf(platformOf(), [block]);
    expect(results).toMatchObject({ block: { attempts: 2, status: "failed" } });
    const first = log.filter(([path]) => path.startsWith("0/")).map(([path, { status }]) => [path, status]);
    expect(first.length).toBeGreaterThan(1);
    expect(log.some(([path, { status, error }]) => path === "0" && status === "running" && error !== null)).toBe(true);
  });
}
