/** What the platform says of a text while it is asked, and where it can't be asked; and the editor's own keys. */
import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { expectAccessible } from "../harness/browser/axe.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { until } from "../harness/browser/until.ts";

const ui = pageUnderTest();
const VALIDATE = "**/api/v1/workflows/validate*";

test("while a text is checked, and where it can't be, other words stand there than for no fault", async () => {
  const look = async (page: Page) => {
    const held = Promise.withResolvers<void>();
    const answer = { status: 503, json: { detail: "The database is out", code: "storage_unavailable" } };
    await page.route(VALIDATE, (asked) => held.promise.then(() => asked.fulfill(answer)));
    await page.goto(`${ui.url}/ui/workflows/new`);
    await page.getByText("Checking…").waitFor();
    await expectAccessible(page);
    held.resolve();
    await page.getByText("Could not be checked: The database is out").waitFor();
    await expectAccessible(page);
    expect(await page.getByText("Nothing is wrong").count()).toBe(0);
  };
  await ui.visit("/ui/nothing", look, /503/);
});

test("one check is under way at a time, and the last text is the one that counts", async () => {
  const look = async (page: Page) => {
    await page.getByText("Nothing is wrong").waitFor();
    let [underWay, most] = [0, 0];
    await page.route(VALIDATE, async (route) => {
      most = Math.max(most, ++underWay);
      await Bun.sleep(600);
      underWay--;
      await route.continue();
    });
    const editor = page.locator(".workbench-text .cm-content");
    const write = async (duration: number) => {
      const steps = [{ name: "a", type: "delay", config: { duration } }];
      await editor.focus();
      await page.keyboard.press("Control+a");
      await page.keyboard.insertText(JSON.stringify({ name: "w", steps }));
      // The next check would begin within that of this one.
      await page.waitForTimeout(400);
    };
    for (const duration of [-1, -2, -3, 1]) await write(duration);
    await page.getByText("Nothing is wrong").waitFor();
    expect(most).toBe(1);
    await page.evaluate("localStorage.clear()");
  };
  await ui.visit("/ui/workflows/new", look, /422/);
});

test("its keys are listed with the others, and what they do can be searched for", async () => {
  await ui.visit("/ui/workflows/new", async (page) => {
    await page.getByText("Nothing is wrong").waitFor();
    await page.getByRole("button", { name: "Try it" }).focus();
    await page.keyboard.press("?");
    const keys = page.getByRole("dialog", { name: "Keys" });
    for (const name of ["Save", "Insert a step"]) await keys.getByText(name, { exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+k");
    await page.keyboard.type(">insert");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: /^Insert a step behind/ }).waitFor();
  });
});

test("within a placeholder the fields of the payload and the steps before are proposed", async () => {
  await ui.visit("/ui/workflows/new", async (page) => {
    await page.getByText("Nothing is wrong").waitFor();
    const steps = ["greet", "next"].map((name) => ({ name, type: "transform", config: { value: "" } }));
    const input = { type: "object", properties: { customer: { type: "string" } } };
    await page.locator(".workbench-text .cm-content").focus();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText(JSON.stringify({ name: "w", input, steps }));
    await page.getByRole("treeitem", { name: /^next/ }).waitFor();
    await page.keyboard.press("Control+End");
    // Into the value of the last step.
    for (const _ of '"}}]}') await page.keyboard.press("ArrowLeft");
    await page.keyboard.type("${");
    const proposed = page.locator(".cm-tooltip-autocomplete li");
    await proposed.filter({ hasText: /^greet/ }).waitFor();
    expect(await proposed.filter({ hasText: /^next/ }).count()).toBe(0);
    await page.keyboard.type("payload.");
    await until(page, `document.querySelector(".cm-tooltip-autocomplete li")?.textContent === "customer"`);
    await page.evaluate("localStorage.clear()");
  });
});

test("step types are proposed once the quote is there, before a letter is typed", async () => {
  const look = async (page: Page) => {
    await page.getByText("Nothing is wrong").waitFor();
    await page.locator(".workbench-text .cm-content").focus();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText('{"name": "w", "steps": [{"name": "a", "type": }]}');
    await page.keyboard.press("Control+End");
    for (const _ of "}]}") await page.keyboard.press("ArrowLeft");
    await page.keyboard.type('"');
    const proposed = page.locator(".cm-tooltip-autocomplete li");
    for (const type of ["delay", "webhook", "map"]) await proposed.getByText(type, { exact: true }).waitFor();
    await page.keyboard.type("del");
    await until(page, `document.querySelectorAll(".cm-tooltip-autocomplete li").length === 1`);
    await page.keyboard.press("Enter");
    await page.getByRole("treeitem", { name: "a, delay" }).waitFor();
    await page.evaluate("localStorage.clear()");
  };
  await ui.visit("/ui/workflows/new", look, /422/);
});
