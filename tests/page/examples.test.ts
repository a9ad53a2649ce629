/** The view of examples: all of the folder are there, each is tried without a network, and one becomes a workflow. */
import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { EXAMPLES } from "../../src/page/views/examples/examples.ts";
import { expectAccessible } from "../harness/browser/axe.ts";
import { expectNarrow } from "../harness/browser/narrow.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { narrowPicture, picture } from "../harness/browser/pictures.ts";
import { REPOSITORY } from "../harness/platform.ts";

const ui = pageUnderTest();

test("every file of examples/ is one of them", () => {
  const files = readdirSync(join(REPOSITORY, "examples")).filter((name) => /^[\w-]+\.json$/.test(name));
  expect(EXAMPLES.length).toBe(files.length);
});

test("each is drawn, and comes with its mocks to what its test expects", async () => {
  await ui.visit("/ui/examples", async (page) => {
    for (const { id, definition } of EXAMPLES) {
      await page.getByRole("link", { name: definition.name }).click();
      await page.getByRole("heading", { name: definition.name, level: 2 }).waitFor();
      expect(new URL(page.url()).searchParams.get("example")).toBe(id);
      await page.getByRole("button", { name: "Try with mocks" }).click();
      const { expected } = await Bun.file(join(REPOSITORY, "examples", `${id.replaceAll("_", "-")}.test.json`)).json();
      await page.locator(".example-run").getByText(expected.status, { exact: true }).waitFor();
    }
    await page.goBack();
    await page.getByRole("heading", { name: EXAMPLES.at(-2)?.definition.name ?? "", level: 2 }).waitFor();
  });
});

test("the address shows the same example and step; one becomes a workflow, and only once", async () => {
  const [hello] = EXAMPLES;
  const address = `${ui.url}/ui/examples?example=${hello?.id}`;
  await ui.browser.visit(
    address,
    async (page) => {
      await page.getByRole("button", { name: "Try with mocks" }).click();
      await page.getByText("would have taken 1.00 s").waitFor();
      await picture(page, "examples");
      await expectAccessible(page);
      await page.getByRole("button", { name: "Use" }).click();
      await page.waitForURL(/\/ui\/workflows\/[0-9a-f-]{36}$/);
    },
    { expected: /404/ },
  );
  await ui.browser.visit(address, async (page) => {
    await page.getByRole("button", { name: "Use" }).click();
    await page.getByRole("link", { name: "hello", exact: true }).waitFor();
  });
});

test("on a phone one is chosen, tried and seen without scrolling sideways", async () => {
  const phone = await ui.browser.stranger({ viewport: { width: 360, height: 740 } });
  await phone.visit(`${ui.url}/ui/examples?example=saga`, async (page) => {
    await page.getByRole("button", { name: "Try with mocks" }).click();
    await page.locator(".example-run").waitFor();
    await page.locator(".example-drawing svg").first().scrollIntoViewIfNeeded();
    await picture(page, "examples-narrow");
    await expectNarrow(page);
  });
});

test("those that a schedule or a hook starts say how, and lead there", async () => {
  await ui.visit("/ui/examples?example=daily_report", async (page) => {
    await page.getByRole("link", { name: "make a schedule" }).waitFor();
    await page.getByRole("link", { name: "Inbound hook" }).click();
    await page.locator(".example").getByRole("link", { name: "triggers" }).waitFor();
    await picture(page, "examples-hook");
    await narrowPicture(page, "examples-hook-narrow");
    await expectAccessible(page);
  });
});

test("one that can't be tried says why", async () => {
  await ui.visit(
    "/ui/examples",
    async (page) => {
      const answer = { status: 422, json: { detail: "The test computed for 2 s", code: "test_too_long" } };
      await page.route("**/api/v1/workflows/test", (asked) => asked.fulfill(answer));
      await page.getByRole("button", { name: "Try with mocks" }).click();
      await page.getByRole("alert").getByText("The test computed for 2 s").waitFor();
      await expectAccessible(page);
    },
    /422/,
  );
});
