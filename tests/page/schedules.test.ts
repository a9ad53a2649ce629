/** The view of schedules: when each fires on its own clocks and the reader's, switched, run, and filled back with a count first. */
import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { Client } from "../../src/client/index.ts";
import { expectAskedAndRefused } from "../harness/browser/asked.ts";
import { expectAccessible } from "../harness/browser/axe.ts";
import { expectNarrow } from "../harness/browser/narrow.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { narrowPicture, picture } from "../harness/browser/pictures.ts";

const ui = pageUnderTest({ browser: { timezoneId: "Asia/Kolkata" } });
let client: Client;
beforeAll(() => {
  client = new Client({ url: ui.url });
});

const visit = (look: (page: Page) => Promise<void>, query = "", expected?: RegExp) =>
  ui.visit(`/ui/schedules${query}`, look, expected);

test("without any it says how one is made", async () => {
  await visit(async (page) => {
    await page.getByText("No schedules yet").waitFor();
    await expectAccessible(page);
  });
});

test("each says when it fires in words and as it is written; one is switched off and on", async () => {
  await client.workflows.create({
    id: "report",
    name: "report",
    steps: [{ name: "a", type: "transform", config: { value: 1 } }],
  });
  await client.schedules.create({
    id: "nightly",
    workflow_id: "report",
    cron: "30 2 * * *",
    timezone: "Europe/Berlin",
  });
  await client.schedules.create({ id: "odd", workflow_id: "report", cron: "1-5 3 13 * FRI", overlap: "queue" });
  await client.schedules.create({ id: "often", workflow_id: "report", every: 3600, payload: { n: 1 } });
  await (await client.schedules.run("nightly")).ended({ timeout: 20 });
  await visit(async (page) => {
    const row = page.getByRole("row", { name: /^nightly/ });
    await row.getByText("at 02:30, every day").waitFor();
    await row.getByText("30 2 * * *").waitFor();
    await row.getByText("Europe/Berlin").waitFor();
    await page.getByRole("row", { name: /^odd/ }).getByText("1-5 3 13 * FRI").waitFor();
    await page.getByText(/^The next five times of each schedule, by hour of Asia.*; most at/).waitFor();
    expect(await page.locator(".week-hour").first().getAttribute("title")).toMatch(
      /^[\d-]{10} 0:00 Asia\/(Kolkata|Calcutta): \d+$/,
    );
    // It has a column, and on a phone a line.
    expect(await row.getByText(/^next /).isVisible()).toBe(false);
    await picture(page, "schedules");
    await expectAccessible(page);
    await row.getByRole("checkbox").uncheck();
    await row.getByText("paused").waitFor();
    expect(await client.schedules.get("nightly")).toMatchObject({ paused: true, cron: "30 2 * * *", next_runs: [] });
    await row.getByRole("checkbox").check();
    await row.getByText("off").waitFor({ state: "detached" });
    expect((await client.schedules.get("nightly")).next_runs).toHaveLength(5);
  });
});

test("its next times are on its clocks and the reader's, and daylight saving is said", async () => {
  // The clocks of Berlin go on in the night to the 28th of March.
  const zoned = { workflow_id: "report", cron: "0 12 * * *", timezone: "Europe/Berlin" };
  await client.schedules.create({ id: "spring", ...zoned, starts_at: "2027-03-26T00:00:00Z" });
  await visit(async (page) => {
    const dialog = page.getByRole("dialog", { name: "spring" });
    await dialog.getByText("Sat 2027-03-27 12:00:00 CET").waitFor();
    await dialog.getByText("2027-03-27 16:30:00 GMT+5:30").waitFor();
    await dialog.getByText("Sun 2027-03-28 12:00:00 CEST").waitFor();
    await dialog.getByText("2027-03-28 15:30:00 GMT+5:30").waitFor();
    await dialog.getByText("clocks change: GMT+1 to GMT+2").waitFor();
    await picture(page, "schedule");
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Times: Local" }).click();
    await page.getByRole("button", { name: "Times: relative" }).click();
    await page.getByText(/by hour of UTC; most at/).waitFor();
    await page.getByRole("link", { name: "spring" }).click();
    await dialog.getByText("2027-03-27 11:00:00 UTC").waitFor();
    await dialog.getByText("2027-03-28 10:00:00 UTC").waitFor();
    await page.evaluate("localStorage.clear()");
  }, "?schedule=spring");
});

test("a backfill is counted before it is begun, and refused with a sentence where it can't be", async () => {
  await visit(
    async (page) => {
      const dialog = page.getByRole("dialog", { name: "often" });
      await dialog.getByLabel("From").fill("2026-01-01T00:00:00Z");
      await dialog.getByLabel("To, which is not in it").fill("yesterday");
      await dialog.getByRole("button", { name: "Count them" }).click();
      await dialog.getByRole("alert").waitFor();
      await dialog.getByLabel("To, which is not in it").fill("2026-01-01T03:00:00Z");
      await dialog.getByRole("button", { name: "Count them" }).click();
      await dialog.getByRole("button", { name: "Start 3 runs" }).click();
      await dialog.getByText("Begun: 3 runs.").waitFor();
    },
    "?schedule=often",
    /422/,
  );
  while ((await client.runs.page({ workflow: "report" })).items.length < 4) await Bun.sleep(100);
});

test("it is run now, and its run is shown", async () => {
  await visit(async (page) => {
    await page.getByRole("dialog").getByRole("button", { name: "Run now" }).click();
    await page.waitForURL(/\/ui\/runs\/[0-9a-f-]{36}$/);
  }, "?schedule=nightly");
});

test("one is made, changed and removed; its next times are shown while it is written", async () => {
  await visit(
    async (page) => {
      await page.getByRole("link", { name: "New schedule" }).click();
      const form = page.getByRole("dialog", { name: "New schedule" });
      await form.getByLabel("Workflow").fill("report");
      await form.getByLabel(/^Its own id/).fill("made");
      await form.getByLabel("Time zone").fill("Europe/Berlin");
      await form.getByLabel("Cron pattern").fill("0 12 * *");
      await form.locator(".form-fault").waitFor();
      await expectAccessible(page);
      await form.getByLabel("Cron pattern").fill("0 12 29 2 *");
      await form.getByText("at 12:00, on day 29 of February").waitFor();
      await form.getByText("Tue 2028-02-29 12:00:00 CET").waitFor();
      await form.getByRole("textbox", { name: "Payload" }).fill('{"n": 1}');
      await picture(page, "schedule-form");
      await form.getByRole("button", { name: "Make the schedule" }).click();
      const drawer = page.getByRole("dialog", { name: "made" });
      await drawer.getByText("Tue 2028-02-29 12:00:00 CET").waitFor();
      expect(await client.schedules.get("made")).toMatchObject({ overlap: "skip", payload: { n: 1 } });
      await drawer.getByRole("link", { name: "Edit" }).click();
      const edit = page.getByRole("dialog", { name: "Edit made" });
      await edit.getByRole("radio", { name: "every" }).check();
      await edit.getByLabel("Seconds, or a duration").fill("3600");
      await edit.getByRole("combobox", { name: /^While a run/ }).selectOption("queue");
      await edit.getByRole("button", { name: "Save" }).click();
      await drawer.getByText("every 1 h").waitFor();
      const saved = await client.schedules.get("made");
      expect(saved).toMatchObject({ every: 3600, overlap: "queue", payload: { n: 1 }, timezone: "Europe/Berlin" });
      expect(saved.cron).toBeUndefined();
      await drawer.getByRole("button", { name: "Delete…" }).click();
      await drawer.getByRole("button", { name: "Delete made" }).click();
      await drawer.waitFor({ state: "detached" });
      await page.getByRole("row", { name: /^made/ }).waitFor({ state: "detached" });
    },
    "",
    /422/,
  );
});

test("at 320 px nothing but the table scrolls sideways", async () => {
  await visit(async (page) => {
    await page.getByRole("row", { name: /^nightly/ }).waitFor();
    await expectNarrow(page);
    await narrowPicture(page, "schedules-narrow");
  });
});

test("while it is asked, and where it can't be, other pictures stand there than for none", async () => {
  const view = {
    address: `${ui.url}/ui`,
    link: "Schedules",
    reads: "**/api/v1/schedules?*",
    loading: "Loading schedules",
  };
  await expectAskedAndRefused(ui.browser, view);
});
