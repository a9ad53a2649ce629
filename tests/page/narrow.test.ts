/** What is long, and what is wide, on a screen that is neither. */
import { beforeAll, expect, test } from "bun:test";
import { expectAccessible } from "../harness/browser/axe.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { until } from "../harness/browser/until.ts";
import { listAt } from "../harness/http/json.ts";

const ui = pageUnderTest();
const LONG = "A name that goes on and on as those of some people do ".repeat(4).trim();
const leaf = (name: string) => ({ name, type: "transform", config: { value: name } });

beforeAll(async () => {
  await ui.api.put("/api/v1/workflows/long?create=true", { name: LONG, steps: [leaf("first"), leaf("gone")] });
  await ui.api.put("/api/v1/workflows/long", { name: LONG, steps: [leaf("first"), leaf("b")] });
});

test("of a long name a head has two lines, and all of it to read and to copy", async () => {
  const run = await ui.api.trigger("long");
  const heads = ["workflows/long", "workflows/long?run=1", "workflows/long/diff", "workflows/long/edit", `runs/${run}`];
  for (const path of heads) {
    await ui.visit(`/ui/${path}`, async (page) => {
      await page.setViewportSize({ width: 360, height: 740 });
      const head = page.locator(path.endsWith("run=1") ? "dialog[open] h2" : "main h1");
      await head.waitFor();
      expect(await head.evaluate((one) => one.getBoundingClientRect().height)).toBeLessThanOrEqual(56);
      const [name] = await page
        .locator("[title]", { hasText: LONG })
        .and(head.or(head.locator("*")))
        .all();
      expect(await name?.getAttribute("title")).toContain(LONG);
      await name?.selectText();
      expect(await page.evaluate("String(document.getSelection())")).toContain(LONG);
      const version = head.locator("span").last();
      if (!path.endsWith("run=1")) expect((await version.boundingBox())?.width).toBeGreaterThan(10);
    });
  }
});

test("all that an editor can do is in view on a phone", async () => {
  await ui.visit("/ui/workflows/long/edit", async (page) => {
    for (const width of [360, 320]) {
      await page.setViewportSize({ width, height: 740 });
      const buttons = page.locator(".workbench-actions button");
      await buttons.first().waitFor();
      expect(await buttons.allTextContents()).toEqual(["Try it", "Insert step", "Diff", "Save v3…"]);
      const head = await page.locator(".workbench-head").boundingBox();
      for (const button of await buttons.all()) {
        const own = await button.boundingBox();
        if (head === null || own === null) throw new Error("it is not drawn");
        expect(own.x).toBeGreaterThanOrEqual(head.x);
        expect(own.x + own.width).toBeLessThanOrEqual(head.x + head.width);
      }
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    }
  });
});

test("versions stand beside one another where there is room, and in one column on a phone", async () => {
  await ui.visit("/ui/workflows/long/diff", async (page) => {
    const editors = "document.querySelectorAll('.text-diff .cm-editor').length";
    await until(page, `${editors} === 2`);
    await page.setViewportSize({ width: 360, height: 740 });
    await until(page, `${editors} === 1`);
    await page.locator(".cm-changedLine").first().waitFor();
    const over =
      "[...document.querySelectorAll('.text-diff *')].filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX === 'auto').length";
    expect(await page.evaluate(over)).toBe(0);
    await page.setViewportSize({ width: 1280, height: 800 });
    await until(page, `${editors} === 2`);
  });
});

test("the numbers of a day lead to their runs, and can be told from the text around them", async () => {
  await ui.api.untilEnded(await ui.api.trigger("long"));
  const counted = async () => listAt((await ui.api.get("/api/v1/stats?window=24h")).body, "workflows");
  while ((await counted()).length === 0) await Bun.sleep(100);
  await ui.visit("/ui/workflows/long", async (page) => {
    await page.getByRole("link", { name: / success$/ }).waitFor();
    await expectAccessible(page);
  });
});
