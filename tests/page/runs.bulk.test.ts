/** What is done to all runs that fit: as many as were said, once, and no further than until it is stopped. */
import { beforeAll, expect, test } from "bun:test";
import type { Locator, Page, Route } from "playwright-core";
import { Client } from "../../src/client/index.ts";
import { expectAccessible } from "../harness/browser/axe.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { narrowPicture, picture } from "../harness/browser/pictures.ts";
import { until } from "../harness/browser/until.ts";
import { expectReply } from "../harness/http/expect.ts";
import { at, listAt } from "../harness/http/json.ts";
import { until as untilSo } from "../harness/stack.fixture.ts";

const FAILED = 1204;
/** Triggers of one request. */
const BATCH = 1000;
const PATIENCE_MS = 60_000;

const ui = pageUnderTest();

beforeAll(async () => {
  await ui.api.create([{ name: "end", type: "fail", config: { message: "no" } }], { id: "fails", name: "Fails" });
  for (let left = FAILED; left > 0; left -= BATCH) {
    const triggers = Array.from({ length: Math.min(left, BATCH) }, () => ({ workflow_id: "fails", payload: {} }));
    expectReply(await ui.api.post("/api/v1/trigger/batch", { triggers }), 200);
  }
  await untilFailed(FAILED);
});

async function countOf(filter: { status?: ["failed"] }): Promise<number> {
  let count = 0;
  for await (const _ of new Client({ url: ui.url }).runs.summaries({ workflow: "fails", ...filter })) count++;
  return count;
}

function untilFailed(count: number): Promise<void> {
  return untilSo(`${count} failed`, async () => (await countOf({ status: ["failed"] })) === count, PATIENCE_MS);
}

async function bulks(): Promise<unknown[]> {
  return listAt((await ui.api.get("/api/v1/runs/bulk")).body, "items");
}

/** Asks for a retry of all that failed; looks at the dialog once it says for how many, and the number is typed. */
async function retryAll(
  count: number,
  look: (page: Page, dialog: Locator, retry: Locator) => Promise<void>,
  expected?: RegExp,
): Promise<void> {
  const visit = async (page: Page) => {
    await page.locator("[data-run] input").first().check();
    await page.getByLabel(/all that fit the filter \([\d,]+( or more)?\)$/).check();
    const text = count.toLocaleString("en");
    await page.getByRole("button", { name: "Retry…" }).click();
    const dialog = page.getByRole("dialog", { name: "Retry all that fit" });
    await dialog.getByText(text, { exact: true }).waitFor();
    const retry = dialog.getByRole("button", { name: `Retry ${text}` });
    expect(await retry.isDisabled()).toBe(true);
    await dialog.getByLabel(`Type ${text} to go on`).fill(String(count));
    await expectAccessible(page);
    await look(page, dialog, retry);
  };
  await ui.visit("/ui/runs?workflow=fails&status=failed", visit, expected);
}

const isTried = (route: Route) => route.request().postDataJSON()?.dry_run === true;

test(`of ${FAILED} that failed each is tried again once, clicked twice and with its answer lost`, async () => {
  let begun = 0;
  await retryAll(
    FAILED,
    async (page, dialog, retry) => {
      await page.route("**/api/v1/runs/bulk", async (route) => {
        if (isTried(route)) return route.continue();
        const response = await route.fetch();
        return ++begun === 1 ? route.abort("connectionreset") : route.fulfill({ response });
      });
      await retry.dblclick();
      await dialog.getByText("1,204 of 1,204 tried again").waitFor({ timeout: PATIENCE_MS });
    },
    /ERR_CONNECTION_RESET|failed:/,
  );
  expect(begun).toBe(2);
  expect(await bulks()).toHaveLength(1);
  expect(await countOf({})).toBe(2 * FAILED);
});

test("it is stopped where it is: what was made stays, and nothing more is", async () => {
  await untilFailed(2 * FAILED);
  let isHeld = false;
  const send = (signal: "SIGSTOP" | "SIGCONT") => process.kill(ui.platform.pid, signal);
  let made = 0;
  await retryAll(2 * FAILED, async (page, dialog, retry) => {
    // Once a part is done it stands still until somebody has clicked.
    await page.route("**/api/v1/runs/bulk/*", async (route) => {
      if (route.request().method() !== "GET" || isHeld) return route.continue();
      const response = await route.fetch();
      isHeld = (await response.json()).done > 0;
      if (isHeld) send("SIGSTOP");
      await route.fulfill({ response });
    });
    try {
      await retry.click();
      await dialog.getByText(/^[1-9][\d,]* of 2,408 tried again$/).waitFor({ timeout: PATIENCE_MS });
      await dialog.getByRole("button", { name: "Stop" }).click();
    } finally {
      send("SIGCONT");
    }
    const told = dialog.getByText(/^[\d,]+ of 2,408 tried again, stopped$/);
    await told.waitFor();
    made = Number((await told.textContent())?.split(" ")[0]?.replaceAll(",", ""));
    await expectAccessible(page);
  });
  expect(made).toBeWithin(1, 2 * FAILED);
  expect(await countOf({})).toBe(2 * FAILED + made);
});

test("an action can be begun though none of the runs that were looked at for its count fits", async () => {
  await ui.visit(
    "/ui/runs?workflow=fails&status=failed",
    async (page) => {
      const begun: unknown[] = [];
      await page.route("**/api/v1/runs/bulk", async (route) => {
        if (isTried(route)) return route.fulfill({ json: { count: 0, more: true, looked: 0, failed: 0, errors: [] } });
        begun.push(route.request().postDataJSON());
        await route.fulfill({ status: 503, json: { detail: "Not now", code: "storage_unavailable" } });
      });
      await page.locator("[data-run] input").first().check();
      await page.getByLabel(/all that fit the filter/).check();
      await page.getByRole("button", { name: "Retry…" }).click();
      const dialog = page.getByRole("dialog", { name: "Retry all that fit" });
      await dialog.getByText("runs fit so far, and there may be more").waitFor();
      const retry = dialog.getByRole("button", { name: "Retry all" });
      expect(await retry.isDisabled()).toBe(true);
      await dialog.getByLabel("Type 0 to go on").fill("0");
      await retry.click();
      await dialog.getByText("Not now").waitFor();
      expect(begun).toMatchObject([{ action: "retry" }]);
    },
    /503/,
  );
});

test("what is chosen is asked for before it is done, and done to nothing else", async () => {
  const wait = { name: "w", type: "wait", config: { signal: "go" } };
  const id = await ui.api.create([wait], { id: "chosen" });
  const begun: string[] = [];
  for (let count = 0; count < 4; count++) begun.push(await ui.api.trigger(id));
  for (const run of begun) await ui.api.untilBegun(run, "w");
  await ui.visit("/ui/runs?workflow=chosen", async (page) => {
    const boxes = page.locator("[data-run] input");
    await boxes.nth(0).check();
    await boxes.nth(2).click({ modifiers: ["Shift"] });
    await page.getByText("3 chosen", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Cancel…" }).click();
    const dialog = page.getByRole("dialog", { name: "Cancel what is chosen" });
    await dialog.getByText("3 runs fit").waitFor();
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Not now" }).click();
    expect((await ui.api.get(`/api/v1/runs?status=cancelled&workflow=${id}`)).body).toMatchObject({ items: [] });
    await page.getByRole("button", { name: "Cancel…" }).click();
    await dialog.getByRole("button", { name: "Cancel 3" }).click();
    await dialog.getByText("3 of 3 cancelled").waitFor();
    await dialog.getByRole("button", { name: "Close" }).first().click();
    await page.getByRole("region", { name: "Chosen runs" }).waitFor({ state: "detached" });
    await page.locator("[data-run] .status-cancelled").nth(2).waitFor();
    // What is chosen next is begun with anew.
    await boxes.nth(0).check();
    await page.getByRole("checkbox", { name: /^all that fit/ }).check();
    await page.getByRole("button", { name: "Choose none" }).click();
    await boxes.nth(0).check();
    await page.getByText("1 chosen", { exact: true }).waitFor();
    expect(await page.getByRole("dialog").count()).toBe(0);
  });
  const statuses = await Promise.all(
    begun.map(async (run) => at((await ui.api.get(`/api/v1/runs/${run}`)).body, "status")),
  );
  expect(statuses).toEqual(["running", "cancelled", "cancelled", "cancelled"]);
  // Of what is chosen some may be over by now.
  await ui.visit("/ui/runs?workflow=chosen", async (page) => {
    for (const place of [2, 3]) await page.locator("[data-run] input").nth(place).check();
    await page.getByRole("button", { name: "Cancel…" }).click();
    await page.getByText("run fits of 2: the others are in no status for this").waitFor();
  });
});

test("more than a hundred can't be chosen one by one", async () => {
  await ui.visit("/ui/runs?workflow=fails&status=failed", async (page) => {
    const boxes = page.locator("[data-run] input");
    await boxes.first().check();
    // Its page may have to be read first.
    const scroll = "document.querySelector('.run-scroller').scrollTo(0, 120 * 36)";
    await until(page, `${scroll}; document.querySelector("[aria-rowindex='132']") !== null`);
    await page
      .locator("[data-run][aria-rowindex='132']")
      .locator("input")
      .click({ modifiers: ["Shift"] });
    await page.getByText("100 chosen, the most").waitFor();
  });
});

test("runs in any status are counted, those that are over and those that are not", async () => {
  const wait = { name: "w", type: "wait", config: { signal: "go" }, if: "payload.waits" };
  const id = await ui.api.create([wait, { name: "z", type: "transform", config: { value: 1 } }], { id: "mixed" });
  await ui.api.untilEnded(await ui.api.trigger(id, { waits: false }));
  for (let count = 0; count < 2; count++) await ui.api.trigger(id, { waits: true });
  for (const [query, count] of [
    ["", 3],
    ["&status=success", 1],
    ["&status=running,pending", 2],
  ] as const) {
    // How many these are stands there before anything is to be done with them.
    await ui.visit(`/ui/runs?workflow=mixed${query}`, async (page) => {
      await page.locator("[data-run] input").first().check();
      await page.getByLabel(`all that fit the filter (${count})`).waitFor();
      await picture(page, "runs-chosen");
      await narrowPicture(page, "runs-chosen-narrow");
    });
  }
});
