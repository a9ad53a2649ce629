/** Runs that have not begun, or whose workflow is gone, and those of many steps: what is said of them, and what can be done. */
import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { expectAccessible } from "../harness/browser/axe.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { narrowPicture } from "../harness/browser/pictures.ts";
import { until } from "../harness/browser/until.ts";
import { expectReply } from "../harness/http/expect.ts";
import { textAt } from "../harness/http/json.ts";

const ui = pageUnderTest();
const set = (name: string) => ({ name, type: "transform", config: { value: 1 } });
const wait = (name: string) => ({ name, type: "wait", config: { signal: "go", schema: { type: "boolean" } } });
/** Of a workflow that was deleted: one that is over, and one that waits. */
const deleted = { over: "", waiting: "" };

beforeAll(async () => {
  const workflow = await ui.api.create([{ ...wait("ask"), if: "payload.asks" }, set("last")]);
  deleted.over = await ui.api.trigger(workflow, { asks: false });
  deleted.waiting = await ui.api.trigger(workflow, { asks: true });
  await ui.api.untilEnded(deleted.over);
  await ui.api.untilBegun(deleted.waiting, "ask");
  expectReply(await ui.api.delete(`/api/v1/workflows/${workflow}`), 200);
});

test("a run that sleeps says until when, in its first line, on the timeline and in its step; one that stands still does not", async () => {
  const workflow = await ui.api.create([{ name: "nap", type: "delay", config: { duration: 7200 } }]);
  const [asleep, paused] = [await ui.api.trigger(workflow), await ui.api.trigger(workflow)];
  for (const run of [asleep, paused]) await ui.api.untilBegun(run, "nap");
  expectReply(await ui.api.post(`/api/v1/runs/${paused}/pause`, {}), 200);
  await ui.visit(`/ui/runs/${asleep}?step=nap`, async (page) => {
    await page
      .locator(".run-why")
      .getByText(/^nap sleeps until /)
      .waitFor();
    await page
      .locator('[data-step="nap"] .bar-text')
      .getByText(/1 h \d+ min left$/)
      .waitFor();
    await page
      .getByRole("complementary", { name: "Step nap" })
      .getByText(/^until /)
      .waitFor();
    await expectAccessible(page);
  });
  await ui.visit(`/ui/runs/${paused}?step=nap`, async (page) => {
    await page.getByText("It stands still until it is resumed").waitFor();
    await page.locator('[data-step="nap"] .bar').waitFor();
    expect(await page.getByText(/sleeps|left$|^until /).count()).toBe(0);
  });
});

test("however long an error is, on a phone the way to its step is on the first screen", async () => {
  const message = "The statements of all banks differ from the ledger. ".repeat(12);
  const run = await ui.api.trigger(await ui.api.create([{ name: "stop", type: "fail", config: { message } }]));
  await ui.api.untilEnded(run);
  await ui.visit(`/ui/runs/${run}`, async (page) => {
    await page.setViewportSize({ width: 360, height: 740 });
    const link = page.getByRole("link", { name: "Open the step" });
    await link.waitFor();
    const { x, y } = (await link.boundingBox()) ?? { x: 0, y: 0 };
    await until(page, `document.elementFromPoint(${x + 4}, ${y + 4})?.textContent === "Open the step"`);
    await expectAccessible(page);
    await narrowPicture(page, "run-long-error-narrow");
    await link.click();
    await page.getByRole("complementary", { name: "Step stop" }).getByText(message.trim()).waitFor();
  });
});

test("of a run whose workflow was deleted the definition is read all the same, and what can't be done says why", async () => {
  const look = async (page: Page) => {
    await page.getByText("deleted workflow").waitFor();
    await page.getByRole("treeitem", { name: /^last, transform, success/ }).waitFor();
    await page.getByRole("tree", { name: "definition of last as a tree" }).getByText('"transform"').waitFor();
    expect(await page.getByText("Edit from version").count()).toBe(0);
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await page
      .getByRole("button", { name: "Run again…" })
      .and(page.locator("[title='Its workflow was deleted']"))
      .waitFor();
    await page.getByLabel("More").click();
    await page.getByRole("button", { name: "Send signal…" }).and(page.locator("[title^='It ended at']")).waitFor();
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await page.keyboard.press("t");
    await page
      .getByRole("radio", { name: "the newest version: its workflow was deleted" })
      .and(page.locator(":disabled"))
      .waitFor();
    await page.getByRole("dialog").getByText("Runs: ask, last").waitFor();
  };
  await ui.visit(`/ui/runs/${deleted.over}?view=graph&step=last&tab=definition`, look, /404/);
});

test("what a run of a deleted workflow waits for is asked by its schema", async () => {
  const look = async (page: Page) => {
    await page.getByRole("button", { name: "Send signal…" }).first().click();
    await page.getByRole("dialog").getByRole("textbox", { name: "JSON to send" }).waitFor();
  };
  await ui.visit(`/ui/runs/${deleted.waiting}`, look, /404/);
});

test("one that has not begun says when it was made and when it starts, and nothing of it is cut out", async () => {
  const workflow = await ui.api.create([set("one")]);
  const start_at = new Date(Date.now() + 3_600_000).toISOString();
  const { body } = await ui.api.post("/api/v1/trigger", { workflow_id: workflow, payload: {}, start_at });
  await ui.visit(`/ui/runs/${textAt(body, "run_id")}`, async (page) => {
    await page.clock.install();
    await page.reload();
    await page.getByText("Starts at").waitFor();
    await page
      .locator(".run-facts")
      .getByText(/^made \d\d:\d\d:\d\d/)
      .waitFor();
    await page.clock.fastForward("00:10:00");
    await page
      .locator(".timeline-tick")
      .last()
      .getByText(/^\+1\d min/)
      .waitFor();
    expect(await page.getByText("without progress").count()).toBe(0);
  });
});

test("a step is found among many by its name, and the address has what is looked for", async () => {
  const many = Array.from({ length: 300 }, (_, at) => set(`step_${at}`));
  const run = await ui.api.trigger(await ui.api.create(many));
  await ui.api.untilEnded(run);
  await ui.visit(`/ui/runs/${run}`, async (page) => {
    await page.locator('[data-step="step_0"]').waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("STEP_29");
    const found = `[...document.querySelectorAll("[data-step]")].map((row) => row.dataset.step).join()`;
    const wanted = ["step_29", ...Array.from({ length: 10 }, (_, at) => `step_29${at}`)].join();
    await until(page, `${found} === "${wanted}"`);
    // From step to step, as in each list.
    await page.getByRole("link", { name: "Timeline" }).focus();
    for (const [key, step] of [...[["j", "step_29"] as const, ["j", "step_290"] as const, ["k", "step_29"] as const]]) {
      await page.keyboard.press(key);
      await until(page, `document.activeElement.textContent === "${step}"`);
    }
    await page.getByRole("link", { name: "Table" }).click();
    await page.waitForURL(/\?q=STEP_29&view=table$/);
    await until(page, `${found} === "${wanted}"`);
    await page.getByRole("searchbox", { name: "Find a step" }).fill("nothing of that name");
    await page.getByText("No step is like that").waitFor();
    await expectAccessible(page);
  });
});

test("events come by themselves while somebody looks, in their order", async () => {
  const run = await ui.api.trigger(await ui.api.create([wait("hold"), set("last")]));
  await ui.api.untilBegun(run, "hold");
  await ui.visit(`/ui/runs/${run}?view=events`, async (page) => {
    const kinds = page.locator(".event-type");
    await kinds.filter({ hasText: "step.started" }).waitFor();
    await page.getByRole("button", { name: "live", exact: true }).waitFor();
    const before = await kinds.allTextContents();
    expectReply(await ui.api.post(`/api/v1/runs/${run}/signals/go`, true), 200);
    await kinds.filter({ hasText: "run.ended" }).waitFor();
    const after = await kinds.allTextContents();
    expect(after.slice(0, before.length)).toEqual(before);
    const ids = (await page.locator(".event > a").allTextContents()).map(Number);
    expect(ids).toEqual(ids.toSorted((one, other) => one - other));
    expect(new Set(ids).size).toBe(after.length);
  });
});

test("what waits for a child leads to it", async () => {
  const child = await ui.api.create([wait("hold")]);
  const call = { name: "call", type: "workflow", config: { workflow_id: child, payload: {} } };
  const run = await ui.api.trigger(await ui.api.create([call]));
  await ui.visit(`/ui/runs/${run}`, async (page) => {
    await page.getByRole("link", { name: "its child" }).click();
    await page.getByText("waits for signal").waitFor();
    await page.getByRole("link", { name: "parent" }).click();
    await page.waitForURL(`${ui.url}/ui/runs/${run}`);
  });
});

test("the line of time of the night in which an hour comes twice counts from its begin", async () => {
  const run = await ui.api.trigger(await ui.api.create([set("a")]));
  await ui.api.untilEnded(run);
  // New York's clocks were set back at 06:00 UTC: both ends are 01:30 there.
  const [started_at, completed_at] = ["2026-11-01T05:30:00.000+00:00", "2026-11-01T06:30:00.000+00:00"];
  const stranger = await ui.browser.stranger({ timezoneId: "America/New_York" });
  await stranger.visit(`${ui.url}/ui/runs/${run}`, async (page) => {
    await page.route(/view=outline/, async (route) => {
      const outline = await (await route.fetch()).json();
      const times = { started_at, completed_at };
      const steps = outline.steps.map((step: object) => ({ ...step, ...times }));
      await route.fulfill({ json: { ...outline, created_at: started_at, ...times, steps } });
    });
    await page.reload();
    const ticks = page.locator(".timeline-tick");
    await ticks.filter({ hasText: "2026-11-01 01:30:00 GMT-4" }).waitFor();
    // The others say how long after it they are, which no clock that is set back changes.
    expect((await ticks.allTextContents()).slice(1)).toEqual(["+15 min", "+30 min", "+45 min", "+1 h"]);
  });
});
