/** Drawings of workflows as large as they may be, and the timeline of a run whose step was tried again. */
import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { expectAccessible } from "../harness/browser/axe.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { narrowPicture, picture } from "../harness/browser/pictures.ts";
import { until } from "../harness/browser/until.ts";
import type { StepInput } from "../harness/http/client.ts";

const ui = pageUnderTest();

const MAX_ELEMENTS = 400;
const leaf = (name: string) => ({ name, type: "transform", config: { value: 1 } });

test("of 10,000 steps a few are in the document, and keys reach the last one", async () => {
  await show(
    Array.from({ length: 10_000 }, (_, index) => leaf(`s${index}`)),
    async (page) => {
      await expectActive(page, /^s0, transform$/, "1 of 10000");
      for (const [key, step] of [
        ["ArrowDown", 1],
        ["End", 9999],
        ["ArrowUp", 9998],
        ["Home", 0],
      ] as const) {
        await page.keyboard.press(key);
        await expectActive(page, new RegExp(`^s${step}, transform$`), `${step + 1} of 10000`);
        await expectFew(page);
        // What the keyboard is at can be seen.
        await page.locator(".picture .box.active").getByText(`s${step}`, { exact: true }).waitFor();
      }
      for (const name of ["Fit", "Larger", "Smaller"]) {
        await page.getByRole("button", { name, exact: true }).click();
        await expectFew(page);
      }
      await expectAccessible(page);
    },
  );
});

test("16 steps within one another can be walked into, closed and opened", async () => {
  let steps: StepInput[] = [leaf("core")];
  for (let level = 16; level > 0; level--) steps = [{ name: `n${level}`, type: "block", config: { steps } }];
  await show(steps, async (page) => {
    for (let level = 2; level <= 16; level++) {
      await page.keyboard.press("ArrowRight");
      await expectActive(page, new RegExp(`^n${level}, block`), "1 of 1");
    }
    await page.keyboard.press("ArrowRight");
    await expectActive(page, /^core, transform/, "1 of 1");
    await expectFew(page);
    await page.keyboard.press("Enter");
    await page.waitForURL(/step=0%2F0%2F0/);
    await page.keyboard.press("ArrowLeft");
    await expectActive(page, /^n16, block/, "1 of 1");
    await page.keyboard.press("ArrowLeft");
    await expectActive(page, /^n16, block, 1 steps within/, "1 of 1");
    await page.getByRole("treeitem", { name: /^core/ }).waitFor({ state: "detached" });
    await page.keyboard.press("ArrowRight");
    await page.getByRole("treeitem", { name: /^core/ }).waitFor();
    // A link leads into what was closed.
    await page.reload();
    await page.getByRole("treeitem", { name: /^core/, selected: true }).waitFor();
    await expectFew(page);
    await expectAccessible(page);
  });
});

test("a parallel of more than eight branches is one box until it is opened, by a click too", async () => {
  const branches = Array.from({ length: 9 }, (_, index) => ({ name: `b${index}`, steps: [leaf(`x${index}`)] }));
  await show([{ name: "fan", type: "parallel", config: { branches } }], async (page) => {
    await page.getByRole("treeitem", { name: /^fan, parallel, 9 branches, all, 9 steps within/ }).waitFor();
    expect(await page.getByRole("treeitem").count()).toBe(1);
    const box = page.locator(".picture svg.box");
    const { width, height } = (await box.boundingBox()) ?? { width: 0, height: 0 };
    // Once it stands still.
    await box.click({ position: { x: width - 12, y: height - 12 } });
    await page.getByRole("treeitem", { name: /^x8, transform, in b8/ }).waitFor();
    await page.locator(".picture").getByText("b0", { exact: true }).waitFor();
  });
});

test("each attempt has a bar, and one of them is shown alone: by the choice above, by keys, and in the step that is open", async () => {
  const replies = [503, 503];
  await using shop = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => Response.json({}, { status: replies.shift() ?? 200 }),
  });
  const config = { method: "POST", url: `http://127.0.0.1:${shop.port}`, body: {} };
  const retry = { max_attempts: 3, initial_interval: 0.01 };
  const run = await ui.api.trigger(await ui.api.create([leaf("a"), { name: "hook", type: "webhook", retry, config }]));
  await ui.api.untilEnded(run);
  await ui.visit(`/ui/runs/${run}`, async (page) => {
    const choice = page.getByRole("combobox", { name: "attempt" });
    const bars = (step: string) => page.locator(`[data-step="${step}"] .bar`);
    await page.getByRole("row", { name: /^hook webhook success .* 3 –$/ }).waitFor();
    await until(page, `document.querySelectorAll('[data-step="hook"] .bar').length === 5`);
    expect(await choice.getByRole("option").allInnerTexts()).toEqual(["all", "1", "2", "3", "last"]);
    await choice.selectOption("2");
    await page.waitForURL(`${ui.url}/ui/runs/${run}?attempt=2`);
    await page.getByRole("row", { name: /^a transform – – – – –$/ }).waitFor();
    await page
      .getByRole("row", { name: /^hook webhook failed .* 2 of 3 The webhook was answered with status 503/ })
      .waitFor();
    expect([await bars("a").count(), await bars("hook").count()]).toEqual([0, 1]);
    expect(await bars("hook").getAttribute("title")).toStartWith("attempt 2: failed");
    await picture(page, "run-attempt");
    await narrowPicture(page, "run-attempt-narrow");
    await choice.selectOption("last");
    await page.getByRole("row", { name: /^a transform success .* 1 of 1 –$/ }).waitFor();
    await page.getByRole("row", { name: /^hook webhook success .* 3 of 3 –$/ }).waitFor();
    await page.getByRole("link", { name: "Table" }).click();
    await page.getByRole("cell", { name: "3 of 3" }).waitFor();
    await page.getByRole("link", { name: "hook", exact: true }).click();
    await page.getByRole("link", { name: "Attempts", exact: true }).last().click();
    await page.locator("li.is-selected").getByText("Attempt 3").waitFor();
    await expectAccessible(page);

    await page.goto(`${ui.url}/ui/runs/${run}`);
    await page.getByRole("link", { name: "a", exact: true }).focus();
    await page.keyboard.press("ArrowDown");
    await until(page, "document.activeElement.textContent === 'hook'");
    for (const attempt of [1, 2, 3, 2]) {
      await page.keyboard.press(page.url().endsWith("attempt=3") ? "ArrowLeft" : "ArrowRight");
      await page.waitForURL(`${ui.url}/ui/runs/${run}?step=hook&tab=attempts&attempt=${attempt}`);
    }
    expect([await bars("hook").count(), await choice.inputValue()]).toEqual([1, "2"]);
    expect(await page.getByTitle("Status of the reply").allTextContents()).toEqual(["503", "503", "200"]);
    await expectAccessible(page);
    await page.goBack();
    await page.waitForURL(`${ui.url}/ui/runs/${run}`);
  });
  const once = await ui.api.trigger(await ui.api.create([leaf("a")]));
  await ui.api.untilEnded(once);
  await ui.visit(`/ui/runs/${once}?attempt=2`, async (page) => {
    await page.getByRole("row", { name: /^a transform success .* 1 –$/ }).waitFor();
    expect(await page.getByTitle("Every step had one attempt").getByRole("combobox").isDisabled()).toBe(true);
  });
});

/** Stores a workflow of these steps and looks at its drawing, with the keyboard in it. */
async function show(steps: StepInput[], look: (page: Page) => Promise<void>): Promise<void> {
  const workflow = await ui.api.create(steps);
  await ui.visit(`/ui/workflows/${workflow}`, async (page) => {
    await page.locator(".picture .box").first().waitFor();
    await page.getByRole("tree").focus();
    await look(page);
  });
}

/** An expression for the step that the keyboard is at, as screen readers know it. */
const ACTIVE = `document.getElementById(document.querySelector("[role=tree]").getAttribute("aria-activedescendant"))`;

async function expectActive(page: Page, name: RegExp, place: string): Promise<void> {
  await until(page, `${name}.test(${ACTIVE}?.textContent)`);
  expect(await page.evaluate(`${ACTIVE}.ariaPosInSet + " of " + ${ACTIVE}.ariaSetSize`)).toBe(place);
}

async function expectFew(page: Page): Promise<void> {
  expect(await page.locator(".drawing *").count()).toBeLessThanOrEqual(MAX_ELEMENTS);
}
