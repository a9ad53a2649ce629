/** JSON as large as an output may be: few rows of it in the document, and each place copied as what a definition writes. */
import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import type { Key } from "../../src/page/shared/json/nodes.ts";
import { placeholderOf } from "../../src/page/shared/json/placeholder.ts";
import { expectAccessible } from "../harness/browser/axe.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { expectReply } from "../harness/http/expect.ts";
import { objectAt, textAt } from "../harness/http/json.ts";

const ui = pageUnderTest({ browser: { permissions: ["clipboard-read", "clipboard-write"] } });

const MAX_ROWS = 120;
/** 50 kB, and what ends it. */
const LONG = `${"a line of a text\n".repeat(3_000)}the end`;
const copies = (value: string, count: number) => Array.from({ length: count }, () => value);

test("1 MiB of texts, numbers and depth is opened, folded, searched and copied", async () => {
  const deep = Array.from({ length: 50 }).reduce<unknown>((inner) => ({ in: inner }), "core");
  await tried(
    {
      name: "Large",
      input: { type: "object", required: ["text"], properties: { text: { type: "string", default: LONG } } },
      steps: [
        { name: "text", type: "transform", config: { value: copies("${payload.text}", 14).join("") } },
        { name: "numbers", type: "transform", config: { value: copies("${{ range(9000) }}", 3) } },
        { name: "deep", type: "transform", config: { value: deep } },
      ],
      output: { numbers: "${numbers.value}", text: "${text.value}", deep: "${deep.value}" },
    },
    async (page) => {
      const tree = page.getByRole("tree", { name: "output as a tree" });
      const row = (name: RegExp) => tree.getByRole("treeitem", { name });
      await row(/^text: "a line/).waitFor();
      expect(page.workers()).toHaveLength(1);
      // Two levels are open, lists of thousands are folded.
      await row(/^numbers: \[3\]/).waitFor();
      await row(/^0: \[9,000\]/).click();
      await page.keyboard.press("ArrowRight");
      await row(/^0 … 99/).waitFor();
      await expectFewRows(page);
      for (const key of ["End", "ArrowUp", "ArrowUp"]) await page.keyboard.press(key);
      await row(/^text: /)
        .and(page.locator("[aria-selected=true]"))
        .waitFor();
      await page.keyboard.press("Enter");
      await row(/^a line of a text$/)
        .first()
        .waitFor();
      await page.keyboard.press("End");
      await row(/^the end$/).waitFor();
      await expectFewRows(page);

      const find = page.getByRole("searchbox", { name: "Find in output" });
      await find.fill("core");
      await page.getByText("1 of 1", { exact: true }).waitFor();
      await row(/^in: "core"$/).waitFor();
      await expectFewRows(page);
      await page.getByRole("button", { name: "Copy its path" }).click();
      expect(await copied(page)).toBe(`deep${".in".repeat(50)}`);
      await find.fill("8765");
      await page.getByText("1 of 3", { exact: true }).waitFor();
      await find.press("Enter");
      await page.getByText("2 of 3", { exact: true }).waitFor();
      await page.getByRole("button", { name: "Copy its path" }).click();
      expect(await copied(page)).toBe("numbers[1][8765]");
      await find.fill("nowhere");
      await page.getByText("not there").waitFor();
      await page.keyboard.press("Tab");
      await expectAccessible(page);
    },
  );
});

test("a place is copied as the placeholder that yields it", async () => {
  const value = { 'a "quoted" key': { "a.b": [{ plain: "found" }] }, list: [1, [2, { "${no}": "also found" }]] };
  const steps = [{ name: "give", type: "transform", config: { value } }];
  const report = await ui.api.post("/api/v1/workflows/test", { definition: { name: "w", steps } });
  const places = placesIn(objectAt(report.body, "step_results", "give", "output"), []);
  expect(places.length).toBeGreaterThan(8);
  const asked = Object.fromEntries(places.map(([path], index) => [`p${index}`, placeholderOf("give", path)]));
  // What a text of an author's own is, is written so that it stays one.
  const given = JSON.parse(JSON.stringify(steps).replaceAll("${no}", "$${no}"));
  const definition = { name: "w", steps: [...given, { name: "take", type: "transform", config: { value: asked } }] };
  const reply = await ui.api.post("/api/v1/workflows/test", { definition });
  expectReply(reply, 200);
  expect(textAt(reply.body, "status")).toBe("success");
  const taken = objectAt(reply.body, "step_results", "take", "output", "value");
  for (const [index, [, expected]] of places.entries()) expect(taken[`p${index}`]).toEqual(expected);
});

/** Runs a definition in the editor's virtual time, and looks at what it gave. */
async function tried(definition: object, look: (page: Page) => Promise<void>): Promise<void> {
  await ui.visit("/ui/workflows/new", async (page) => {
    await page.getByText("Nothing is wrong").waitFor();
    await page.locator(".workbench-text .cm-content").focus();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText(JSON.stringify(definition, null, 2));
    await page.getByRole("treeitem", { name: /^text/ }).waitFor();
    await page.getByRole("button", { name: "Try it" }).click();
    await page.getByRole("button", { name: "Run in virtual time" }).click();
    await look(page);
    await page.evaluate("localStorage.clear()");
  });
}

async function expectFewRows(page: Page): Promise<void> {
  expect(await page.locator(".json-row").count()).toBeLessThanOrEqual(MAX_ROWS);
}

async function copied(page: Page): Promise<unknown> {
  await page.getByRole("button", { name: "✓ copied" }).waitFor();
  return page.evaluate("navigator.clipboard.readText()");
}

/** Every place of a value. */
function placesIn(value: unknown, path: Key[]): [Key[], unknown][] {
  const parts: [Key, unknown][] = Array.isArray(value) ? [...value.entries()] : [];
  if (typeof value === "object" && value !== null && !Array.isArray(value)) parts.push(...Object.entries(value));
  return [[path, value], ...parts.flatMap(([key, part]) => placesIn(part, [...path, key]))];
}
