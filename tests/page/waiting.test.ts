/** Steps that wait are answered on the page: with a form, by keys, beside others who do the same. */
import { beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { expectAccessible } from "../harness/browser/axe.ts";
import { expectNarrow } from "../harness/browser/narrow.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { expectReply } from "../harness/http/expect.ts";
import { at } from "../harness/http/json.ts";

const FORM = {
  type: "object",
  required: ["by"],
  properties: { by: { type: "string", title: "Decided by" }, amount: { type: "integer" } },
};
const DECISION = { type: "object", properties: { approved: { type: "boolean" }, note: { type: "string" } } };

const ui = pageUnderTest();
/** Runs that wait, by what they are for. */
const runs = { refund: "", shipping: "", payment: "", other: "" };

const waits = (name: string, config: object, more: object = {}) => ({ name, type: "wait", config, ...more });

const visit = (query: string, look: (page: Page) => Promise<void>, expected?: RegExp) =>
  ui.visit(`/ui/waiting${query}`, look, expected);
const row = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name }).last();
const panel = (page: Page) => page.getByRole("complementary");

async function start(): Promise<void> {
  const asks = { signal: ["approved", "rejected"], schema: FORM };
  const refund = await ui.api.create([waits("approval", asks, { timeout: "P3D", description: "Is it right?" })], {
    name: "Approve a refund",
  });
  const shipping = await ui.api.create([waits("customs", { signal: "decision", schema: DECISION })], {
    name: "Ship it",
  });
  const payment = await ui.api.create([waits("payment", { signal: "paid-${payload.order}" })], { name: "A payment" });
  runs.refund = await ui.api.trigger(refund, { order: 7 });
  runs.shipping = await ui.api.trigger(shipping, { order: 8 });
  runs.payment = await ui.api.trigger(payment, { order: 9 });
  runs.other = await ui.api.trigger(refund, { order: 10 });
  for (const [run, step] of [
    [runs.refund, "approval"],
    [runs.shipping, "customs"],
    [runs.payment, "payment"],
    [runs.other, "approval"],
  ] as const)
    await ui.api.untilBegun(run, step);
}

describe("while nothing waits", () => {
  test("it says how a run comes here", async () => {
    await visit("", async (page) => {
      await page.getByRole("heading", { name: "Nothing waits for an answer" }).waitFor();
      await expectAccessible(page);
      await expectNarrow(page);
    });
  });

  test("loading, and what can't be read, are no empty list", async () => {
    await ui.visit(
      "/ui",
      async (page) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        await page.route("**/api/v1/waiting?*", async (route) => {
          await promise;
          await route.fulfill({ status: 500, json: { detail: "Out of order", code: "internal", request_id: "r-1" } });
        });
        await page.getByRole("link", { name: "Waiting", exact: true }).click();
        await page.getByRole("status", { name: "Loading what waits" }).waitFor();
        await expectAccessible(page);
        resolve();
        await page.getByRole("alert").getByText("Out of order").waitFor();
        await page.getByText("r-1").waitFor();
        await expectAccessible(page);
        expect(await page.getByText("Nothing waits").count()).toBe(0);
      },
      /500/,
    );
  });
});

describe("a step that waits", () => {
  beforeAll(start);

  test("comes to the list by itself, oldest first, and a link shows what is open to others", async () => {
    await visit("", async (page) => {
      // Those of the list, behind the line of titles.
      await page.getByRole("row").nth(4).waitFor();
      const texts = await page.getByRole("row").allInnerTexts();
      expect(texts.slice(1).map((text) => text.split(/\s+v1/)[0])).toEqual([
        ...["Approve a refund", "Ship it", "A payment", "Approve a refund"],
      ]);
      await page
        .getByRole("navigation")
        .getByRole("link", { name: /^Waiting ?, ?4$/ })
        .waitFor();
      await expectAccessible(page);
      await expectNarrow(page);
      await row(page, "Ship it").getByRole("link").click();
      await panel(page).getByRole("heading", { name: "customs" }).waitFor();
      await expectAccessible(page);
      await expectNarrow(page);
      const address = page.url();
      await page.reload();
      await panel(page).getByRole("heading", { name: "customs" }).waitFor();
      await (await ui.browser.stranger()).visit(address, async (other) => {
        await panel(other).getByRole("heading", { name: "customs" }).waitFor();
      });
      await page.goBack();
      await panel(page).getByText("Choose a step to answer it.").waitFor();
    });
  });

  test("says at its field what does not fit, and goes on with what was sent", async () => {
    await visit(
      `?run=${runs.refund}&step=approval`,
      async (page) => {
        await panel(page).getByText("Is it right?").waitFor();
        await panel(page).getByText("Payload of the run").click();
        await panel(page).getByRole("treeitem", { name: /order/ }).waitFor();
        await panel(page).getByRole("button", { name: "Approve" }).click();
        await panel(page).getByText("Field required").waitFor();
        await expectAccessible(page);
        await panel(page)
          .getByRole("textbox", { name: /Decided by/ })
          .fill("Ada");
        await panel(page).getByRole("button", { name: "Approve" }).click();
        await panel(page).getByText("approved was sent at").waitFor();
        // It stays in its place, so that nothing moves under the pointer.
        await page.getByRole("row").nth(1).getByText("went on").waitFor();
        await expectAccessible(page);
      },
      /422/,
    );
    const ended = await ui.api.untilEnded(runs.refund);
    expect(ended.step("approval").output).toEqual({ by: "Ada" });
  });

  test("is answered by keys alone", async () => {
    await visit("", async (page) => {
      await row(page, "Ship it").waitFor();
      await page.keyboard.press("j");
      await page.keyboard.press("Enter");
      await panel(page).getByRole("button", { name: "Reject" }).waitFor();
      await page.keyboard.press("d");
      // The key alone sends nothing.
      expect((await ui.api.get(`/api/v1/runs/${runs.shipping}`)).text).toContain('"status":"running"');
      await page.keyboard.press("Enter");
      await panel(page).getByText("decision was sent at").waitFor();
      await page.keyboard.press("Escape");
      await panel(page).getByText("Choose a step to answer it.").waitFor();
    });
    expect((await ui.api.untilEnded(runs.shipping)).step("customs").output).toEqual({ approved: false });
  });

  test("that others answer meanwhile stays where it is, and says so", async () => {
    await visit(`?run=${runs.payment}&step=payment`, async (page) => {
      await panel(page).getByRole("button", { name: "Send paid-9" }).waitFor();
      await row(page, "Approve a refund").getByRole("link").focus();
      const place = await row(page, "Approve a refund").boundingBox();
      expectReply(await ui.api.post(`/api/v1/runs/${runs.payment}/signals/paid-9`, {}), 200);
      await panel(page).getByText("It waits no more").waitFor();
      expect(await row(page, "Approve a refund").boundingBox()).toEqual(place);
      expect(await page.evaluate("document.activeElement.classList.contains('waiting-link')")).toBe(true);
    });
  });

  test("can be looked for by its workflow, also when nobody of it waits", async () => {
    const reply = await ui.api.get(`/api/v1/runs/${runs.payment}`);
    await visit(`?workflow=${String(at(reply.body, "workflow_id"))}`, async (page) => {
      await page.getByRole("heading", { name: "None of this workflow waits" }).waitFor();
      await expectAccessible(page);
      await page.getByRole("button", { name: "Show all" }).click();
      await row(page, "Approve a refund").waitFor();
      await row(page, "Approve a refund").getByRole("link").click();
      await panel(page).getByRole("link", { name: "only this" }).click();
      await page.getByRole("link", { name: /workflow: Approve a refund/ }).waitFor();
    });
  });
});
