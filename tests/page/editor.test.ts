/** The editor: what is wrong is marked where it stands, and of two people who edit at once neither loses a word. */
import { describe, expect, test } from "bun:test";
import { jsonLanguage } from "@codemirror/lang-json";
import type { Page } from "playwright-core";
import { rangeOf } from "../../src/page/shared/editor/positions.ts";
import { BAD, definitionOf } from "../bad-definitions.fixture.ts";
import { expectAccessible } from "../harness/browser/axe.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { until } from "../harness/browser/until.ts";
import { at, listAt, textAt } from "../harness/http/json.ts";

const FULL = process.env.TEST_SIZE === "full";
const ui = pageUnderTest();

const leaf = (name: string, value: unknown = 1) => ({ name, type: "transform", config: { value } });

describe("a fault is marked where it stands", () => {
  for (const [word, bad] of Object.entries(BAD)) {
    test(word, async () => {
      const text = JSON.stringify(definitionOf(bad), null, 2);
      const reply = await ui.api.post("/api/v1/workflows/validate", definitionOf(bad));
      const tree = jsonLanguage.parser.parse(text);
      for (const fault of listAt(reply.body, "detail")) {
        const loc = listAt(fault, "loc")
          .slice(1)
          .map((one) => (typeof one === "number" ? one : String(one)));
        const { from, to } = rangeOf(tree, (begin, end) => text.slice(begin, end), loc);
        const value = valueAt(JSON.parse(text), loc);
        // What is missing is marked at the begin of what should have it.
        if (value === undefined) expect(["{", "["]).toContain(text.slice(from, to));
        else expect(JSON.parse(text.slice(from, to))).toEqual(value);
      }
    });
  }
});

test("the editor marks the text, and lists the sentence of the platform", async () => {
  await ui.visit(
    "/ui/workflows/new",
    async (page) => {
      await page.getByText("Nothing is wrong").waitFor();
      await expectAccessible(page);
      const marks: [word: string, marked: string][] = [
        ["greater_than_equal", "-1"],
        ["enum", '"unheard_of"'],
        ["extra_forbidden", '"more"'],
        ["reference_unknown", '"${gone}"'],
        ["missing", "{"],
      ];
      for (const [word, marked] of marks) {
        const definition = definitionOf(BAD[word] ?? {});
        const [fault] = listAt((await ui.api.post("/api/v1/workflows/validate", definition)).body, "detail");
        await write(page, JSON.stringify(definition));
        await page.locator(".problems .fault").getByText(textAt(fault, "msg")).waitFor();
        const shown = `[...document.querySelectorAll(".cm-lintRange-error")].map((one) => one.textContent).join("")`;
        await until(page, `${shown} === ${JSON.stringify(marked)}`);
        await page.getByRole("heading", { name: /^Problems [1-9]\d*$/ }).waitFor();
      }
      // Its words stand in the drawing too.
      await write(page, JSON.stringify(definitionOf(BAD.greater_than_equal ?? {})));
      await page.locator(".picture svg.box.fault .note").getByText("greater than or equal to 0").waitFor();
      await expectAccessible(page);
      for (const bad of FULL ? Object.values(BAD) : []) {
        const definition = definitionOf(bad);
        const [fault] = listAt((await ui.api.post("/api/v1/workflows/validate", definition)).body, "detail");
        if (fault === undefined) continue;
        await write(page, JSON.stringify(definition));
        await page.locator(".problems .fault").getByText(textAt(fault, "msg"), { exact: true }).first().waitFor();
      }
      await write(page, '{"name": "w", "steps": [');
      await page.getByText("The text is no JSON yet").waitFor();
      await page.locator(".drawing.is-stale").waitFor();
      await page.evaluate("localStorage.clear()");
    },
    /422/,
  );
});

test("a workflow is written, tried and saved by keys alone", async () => {
  await ui.visit("/ui/workflows", async (page) => {
    await page.getByText("No workflows yet").or(page.getByRole("table")).waitFor();
    await page.keyboard.press("n");
    await page.waitForURL(/\/ui\/workflows\/new$/);
    await write(page, JSON.stringify({ id: "by_keys", name: "By keys", steps: [leaf("first", "Hello")] }, null, 2));
    await page.keyboard.press("Control+i");
    const palette = page.getByRole("dialog", { name: "Insert a step behind “first”" });
    await palette.getByRole("searchbox").fill("delay");
    await expectAccessible(page);
    await palette.getByRole("button", { name: /^delay/ }).press("Enter");
    await page.getByRole("treeitem", { name: /^delay, delay/ }).waitFor();
    await page.getByText("Nothing is wrong").waitFor();
    await page.getByRole("button", { name: "Try it" }).press("Enter");
    await page.getByRole("button", { name: "Run in virtual time" }).press("Enter");
    await page.getByText(/of virtual time$/).waitFor();
    await page.getByRole("treeitem", { name: /^first, transform, success/ }).waitFor();
    await expectAccessible(page);
    await page.keyboard.press("Control+s");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).press("Enter");
    await page.getByRole("heading", { name: "By keys v1" }).waitFor();
  });
  const stored = (await ui.api.get("/api/v1/workflows/by_keys")).body;
  expect(listAt(stored, "steps").map((step) => at(step, "name"))).toEqual(["first", "delay"]);
});

test("a text with faults is not saved but shown where it is wrong; who leaves it is asked, and a draft can go", async () => {
  await ui.visit(
    "/ui/workflows/by_keys",
    async (page) => {
      await page.getByRole("link", { name: "Edit" }).click();
      await page.getByText("Nothing is wrong").waitFor();
      await write(page, JSON.stringify({ id: "by_keys", name: "By keys", steps: [leaf("first", "${gone}")] }, null, 2));
      await page.locator(".problems .fault").waitFor();
      await page.getByRole("button", { name: "Try it" }).click();
      await page.getByRole("button", { name: "Save v2…" }).click();
      await until(page, `document.getSelection().toString() === '"\${gone}"'`);
      expect(await page.getByRole("dialog").count()).toBe(0);
      await page.locator(".problems .fault").waitFor();
      const dialog = page.getByRole("dialog", { name: "Leave without saving?" });
      await page.getByRole("link", { name: "Runs", exact: true }).click();
      await dialog.getByRole("button", { name: "Go on editing" }).click();
      expect(page.url()).toEndWith("/edit");
      await page.getByRole("link", { name: "Runs", exact: true }).click();
      await expectAccessible(page);
      await dialog.getByRole("button", { name: "Leave, keep the draft" }).click();
      await page.waitForURL(/\/ui\/runs$/);
      await page.goBack();
      await page.locator(".cm-content").getByText("gone").waitFor();
      await page.getByRole("button", { name: "throw away…" }).click();
      await page.getByRole("button", { name: "Throw away", exact: true }).click();
      await page.getByText("nothing changed").waitFor();
      await page.locator(".cm-content").getByText("Hello").waitFor();
      // Back is asked too.
      await write(page, "{}");
      await page.goBack();
      await dialog.getByRole("button", { name: "Throw away" }).click();
      await page.waitForURL(/\/ui\/workflows\/by_keys$/);
      expect(await page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft')).length")).toBe(0);
    },
    /422/,
  );
});

test("what is stored as it is written can't be saved", async () => {
  await ui.visit(
    "/ui/workflows/by_keys/edit",
    async (page) => {
      const save = page.getByRole("button", { name: "Save v2…" });
      await page.locator(".workbench-text .cm-content").getByText("Hello").waitFor();
      await page.getByText("nothing changed", { exact: true }).waitFor();
      await save.and(page.locator(":disabled")).and(page.locator("[title='Nothing changed']")).waitFor();
      await page.keyboard.press("Control+s");
      await page.getByText("Nothing changed", { exact: true }).waitFor();
      expect(await page.getByRole("dialog").count()).toBe(0);
      await write(page, "{}");
      await save.and(page.locator(":enabled")).waitFor();
      await page.keyboard.press("Control+z");
      await save.and(page.locator(":disabled")).waitFor();
      // Nor are spaces a change, which nobody stores.
      const lines = await page.locator(".workbench-text .cm-line").allTextContents();
      await write(page, JSON.stringify(JSON.parse(lines.join("\n"))));
      await until(page, "document.querySelectorAll('.workbench-text .cm-line').length === 1");
      await page.getByText("nothing changed", { exact: true }).waitFor();
      await save.and(page.locator(":disabled")).waitFor();
      expect(await page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft')).length")).toBe(0);
    },
    /422/,
  );
});

test("what a save would change is shown by keys, also of a text with faults, and nothing is saved", async () => {
  await ui.visit(
    "/ui/workflows/by_keys/edit",
    async (page) => {
      const diff = page.getByRole("button", { name: "Diff", exact: true });
      await diff.and(page.locator(":disabled")).and(page.locator("[title='Nothing changed']")).waitFor();
      await page.getByText("Nothing is wrong").waitFor();
      await write(page, JSON.stringify({ id: "by_keys", name: "By keys", steps: [leaf("first", "${gone}")] }));
      await page.locator(".problems .fault").waitFor();
      await page.getByRole("button", { name: "Insert step" }).focus();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      const dialog = page.getByRole("dialog", { name: "Difference to v1" });
      await dialog.getByLabel("Version 1").getByText("Hello").waitFor();
      await dialog.getByLabel("Your text").getByText("gone").waitFor();
      await expectAccessible(page);
      expect(await dialog.getByRole("button", { name: "Save" }).count()).toBe(0);
      await page.keyboard.press("Escape");
      await until(page, "document.activeElement.textContent === 'Diff'");
      await page.getByText(/^draft kept/).waitFor();
      await page.evaluate("localStorage.clear()");
    },
    /422/,
  );
  expect(at((await ui.api.get("/api/v1/workflows/by_keys")).body, "version")).toBe(1);
  await ui.visit("/ui/workflows/new", async (page) => {
    await page.locator("button:disabled[title='Nothing is stored yet']").getByText("Diff").waitFor();
  });
});

test("a step is inserted behind the one that is chosen, by the plus in the drawing", async () => {
  await ui.api.put("/api/v1/workflows/plus?create=true", { name: "Plus", steps: [leaf("a"), leaf("b")] });
  await ui.visit("/ui/workflows/plus/edit", async (page) => {
    await page.locator(".picture svg.box rect").first().click();
    await page.locator(".picture .plus circle").click({ force: true });
    await page
      .getByRole("dialog", { name: "Insert a step behind “a”" })
      .getByRole("button", { name: /^delay/ })
      .click();
    await page.getByRole("treeitem", { name: /^delay/ }).waitFor();
    await until(
      page,
      `[...document.querySelectorAll("[role=treeitem]")].map((one) => one.textContent[0]).join("") === "adb"`,
    );
  });
});

test("who is slower sees the other version beside theirs, and loses nothing", async () => {
  const versions = ["first", "theirs"].map((name) => ({ id: "shared", name: "Shared", steps: [leaf(name)] }));
  const mine = JSON.stringify({ id: "shared", name: "Shared", steps: [leaf("mine")] });
  await ui.api.put("/api/v1/workflows/shared?create=true", versions[0]);
  await ui.visit(
    "/ui/workflows/shared/edit",
    async (page) => {
      await page.getByText("Nothing is wrong").waitFor();
      await write(page, mine);
      await page.getByText(/^draft kept/).waitFor();
      // They save while the dialog is open.
      await page.keyboard.press("Control+s");
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Version 1").waitFor();
      await ui.api.put("/api/v1/workflows/shared", versions[1]);
      await dialog.getByRole("button", { name: "Save" }).click();
      await dialog.getByText("Somebody saved v2 while you edited v1").waitFor();
      await dialog.getByLabel("Version 2, saved by somebody else").getByText('"theirs"').waitFor();
      await dialog.getByLabel("Your text").getByText("mine").first().waitFor();
      await expectAccessible(page);
      await dialog.getByRole("button", { name: "What v2 changed" }).click();
      await dialog.getByLabel("Version 1, with which you began").getByText('"first"').waitFor();
      expect(textAt((await ui.api.get("/api/v1/workflows/shared")).body, "name")).toBe("Shared");
      await page.reload();
      await page.getByText("v2 was saved since").waitFor();
      await page.locator(".cm-content").getByText("mine").waitFor();
      await page.keyboard.press("Control+s");
      await page.getByRole("button", { name: "Go on from v2 with my text" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
      await page.getByRole("heading", { name: "Shared v3" }).waitFor();
    },
    /412/,
  );
  const stored = (await ui.api.get("/api/v1/workflows/shared")).body;
  expect(listAt(stored, "steps").map((step) => at(step, "name"))).toEqual(["mine"]);
});

test("what is applied from elsewhere is read only, and says why", async () => {
  await ui.api.put("/api/v1/workflows/applied?create=true", {
    name: "Applied",
    managed_by: "shop/flows 1f3c2a",
    steps: [leaf("a")],
  });
  await ui.visit("/ui/workflows/applied/edit", async (page) => {
    await page.getByText("it is applied from shop/flows 1f3c2a").waitFor();
    await page.getByRole("button", { name: "Save v2…" }).and(page.locator(":disabled")).waitFor();
    await page.locator(".cm-content[aria-readonly=true]").waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Edit all the same" }).click();
    await write(page, JSON.stringify({ name: "Applied", steps: [leaf("b")] }));
    await page.getByRole("button", { name: "Save v2…" }).and(page.locator(":enabled")).waitFor();
    await page.evaluate("localStorage.clear()");
  });
});

/** Puts a text in place of what is in the editor. */
async function write(page: Page, text: string): Promise<void> {
  await page.locator(".workbench-text .cm-content").focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(text);
}

function valueAt(value: unknown, loc: readonly (string | number)[]): unknown {
  return loc.reduce<unknown>(
    (found, key) => (typeof found === "object" && found !== null ? Reflect.get(found, key) : undefined),
    value,
  );
}
