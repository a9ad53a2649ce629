/** The list of runs: light, still while somebody points at it, of use on a phone, and safe to act upon. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { expectAccessible } from "../harness/browser/axe.ts";
import { BROWSER_START_MS, Browser } from "../harness/browser/browser.ts";
import { until } from "../harness/browser/until.ts";
import { Client } from "../harness/http/client.ts";
import { expectReply } from "../harness/http/expect.ts";
import { listAt, textAt } from "../harness/http/json.ts";
import { Platform } from "../harness/platform.ts";

const FAILED = 120;
const SECRET = "a text of a payload that no list may have";
const HOSTILE = `<img src=x onerror="alert(1)"> ‮override‬ ${"a\u0301\u0302\u0303".repeat(20)} javascript:alert(1)`;

let platform: Platform;
let api: Client;
let browser: Browser;

beforeAll(async () => {
  platform = await Platform.start();
  api = new Client(platform.url);
  const large = [{ name: "echo", type: "transform", config: { value: "${payload}" } }];
  await api.create(large, { id: "large", name: "Large" });
  await api.create([{ name: "end", type: "fail", config: { message: HOSTILE } }], { id: "fails", name: HOSTILE });
  const big = { text: SECRET.padEnd(100_000, ".") };
  for (let count = 0; count < 8; count++) await api.trigger("large", big);
  await triggerMany("fails", FAILED);
  browser = await Browser.start();
}, BROWSER_START_MS);
afterAll(async () => {
  await browser?.close();
  await platform?.close();
});

async function triggerMany(workflow: string, count: number): Promise<string[]> {
  const triggers = Array.from({ length: count }, () => ({ workflow_id: workflow, payload: {} }));
  const reply = await api.post("/api/v1/trigger/batch", { triggers });
  expectReply(reply, 200);
  return listAt(reply.body, "results").map((one) => textAt(one, "run_id"));
}

const visit = (path: string, look: (page: Page) => Promise<void>) => browser.visit(platform.url + path, look);
const rowsIn = (page: Page) => page.locator("[data-run]").count();

test("a list is light: no payload is in it, and few rows are in the document", async () => {
  await visit("/ui", async (page) => {
    const answers: Promise<string>[] = [];
    page.on("response", (response) => {
      if (/\/api\/v1\/runs\?/.test(response.url())) answers.push(response.text());
    });
    await page.getByRole("link", { name: "Runs", exact: true }).click();
    await page.locator("[data-run]").first().waitFor();
    await page.waitForLoadState("load");
    const texts = await Promise.all(answers);
    expect(texts.join("").length).toBeLessThan(200_000);
    expect(texts.join("")).not.toContain(SECRET);
    expect(await rowsIn(page)).toBeLessThanOrEqual(80);
    await page.evaluate("document.querySelector('.run-scroller').scrollTo(0, 1e6)");
    await page.getByText("These are all").waitFor();
    expect(await rowsIn(page)).toBeLessThanOrEqual(80);
  });
});

test("while a row has the focus, 500 runs that arrive wait, and are shown when they are asked for", async () => {
  await visit("/ui/runs", async (page) => {
    await page.locator("[data-run]").first().waitFor();
    await page.keyboard.press("j");
    await until(page, "document.activeElement.closest('[data-run]') !== null");
    const place = () => page.evaluate("document.activeElement.closest('[data-run]').getBoundingClientRect().top");
    const id = () => page.evaluate("document.activeElement.closest('[data-run]').dataset.run");
    const [top, focused] = [await place(), await id()];
    await triggerMany("large", 500);
    const pill = page.getByRole("button", { name: "500 new runs" });
    await pill.waitFor();
    expect([await place(), await id()]).toEqual([top, focused]);
    await pill.press("Enter");
    await pill.waitFor({ state: "hidden" });
    await until(page, `document.querySelector("[data-run]").dataset.run > "${String(focused)}"`);
    await expectAccessible(page);
  });
});

test("names and errors are text, whatever is in them", async () => {
  await visit("/ui/runs?status=failed", async (page) => {
    await page.locator("[data-run]").first().waitFor();
    expect(await page.locator("[data-run] .run-name").first().textContent()).toContain(
      '<img src=x onerror="alert(1)">',
    );
    await page.locator("[data-run] a").first().click();
    await page.getByText("Open the step").waitFor();
    expect(await page.locator("main img").count()).toBe(0);
  });
});

test("the filter that leaves nothing is named, and nothing is said to be none while it is read", async () => {
  await visit("/ui/runs?workflow=large&status=failed", async (page) => {
    await page.getByText("No run fits").waitFor();
    await page.getByRole("link", { name: "status: failed" }).click();
    await page.waitForURL(/\/ui\/runs\?workflow=large$/);
    await page.locator("[data-run]").first().waitFor();
  });
});

test("a time is gone to by one read, and newer runs are above it", async () => {
  const at = new Date(Date.now() + 60_000).toISOString();
  await visit(`/ui/runs?at=${encodeURIComponent(at)}`, async (page) => {
    await page.locator("[data-run]").first().waitFor();
    const reads: string[] = [];
    page.on("request", (request) => {
      if (request.url().includes("created_to=")) reads.push(request.url());
    });
    const slider = page.getByRole("slider", { name: "Go to a time" });
    await slider.fill("10");
    await page.waitForResponse((response) => response.url().includes("created_to="));
    expect(new URL(page.url()).searchParams.get("at")).not.toBe(at);
    expect(reads).toHaveLength(1);
  });
});

test("all that fit are tried again after their number is typed, each once", async () => {
  await visit("/ui/runs?workflow=fails&status=failed&from=-1h", async (page) => {
    await page.locator("[data-run] input").first().check();
    await page.getByLabel("all that fit the filter").check();
    await page.getByRole("button", { name: "Retry…" }).click();
    const dialog = page.getByRole("dialog", { name: "Retry all that fit" });
    await dialog.getByText(String(FAILED), { exact: true }).waitFor();
    const go = dialog.getByRole("button", { name: `Retry ${FAILED}` });
    expect(await go.isDisabled()).toBe(true);
    await dialog.getByLabel(`Type ${FAILED} to go on`).fill(String(FAILED));
    await expectAccessible(page);
    await go.click();
    await dialog.getByText(`${FAILED} of ${FAILED} tried again`).waitFor({ timeout: 40_000 });
    await dialog.getByRole("button", { name: "Close", exact: true }).last().click();
  });
  let made = 0;
  for (let cursor = ""; ; ) {
    const { body } = await api.get(`/api/v1/runs?workflow=fails&view=summary&limit=200${cursor}`);
    made += listAt(body, "items").length;
    const next = JSON.parse(JSON.stringify(body)).next_cursor;
    if (next === null) break;
    cursor = `&cursor=${encodeURIComponent(next)}`;
  }
  expect(made).toBe(2 * FAILED);
});

test("at 320 pixels nothing scrolls sideways, and what failed and why is on the first screen", async () => {
  const narrow = await browser.stranger({
    viewport: { width: 320, height: 640 },
    reducedMotion: "reduce",
    forcedColors: "active",
  });
  await narrow.visit(`${platform.url}/ui/runs?status=failed`, async (page) => {
    await page.locator("[data-run]").first().waitFor();
    const isWide = "document.documentElement.scrollWidth > innerWidth";
    expect(await page.evaluate(isWide)).toBe(false);
    await page.locator("[data-run] a").first().click();
    const why = page.getByText("Open the step");
    await why.waitFor();
    expect(await page.evaluate(isWide)).toBe(false);
    expect((await why.boundingBox())?.y).toBeLessThan(640);
    // Who wants no motion has none, and without colours the marks tell.
    expect(await page.evaluate("document.getAnimations().length")).toBe(0);
    expect(await page.locator(".status-failed svg path").first().getAttribute("d")).toStartWith("M");
  });
});
