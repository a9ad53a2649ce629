/** Drawings of workflows as large as they may be. */
import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { expectAccessible } from "../harness/browser/axe.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
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
