/** The view of examples: all of the folder are there, each is tried without a network, and one becomes a workflow. */
import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { Client } from "../../src/client/index.ts";
import { EXAMPLES } from "../../src/page/views/examples/examples.ts";
import { expectAccessible } from "../harness/browser/axe.ts";
import { expectNarrow } from "../harness/browser/narrow.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { narrowPicture, picture } from "../harness/browser/pictures.ts";
import { textAt } from "../harness/http/json.ts";
import { REPOSITORY } from "../harness/platform.ts";

const ui = pageUnderTest();
const client = () => new Client({ url: ui.url });

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

test("one that a schedule starts comes with it: one dialog makes both, once", async () => {
  const look = async (page: Page) => {
    await page.getByText("Comes with a schedule that starts it at 06:00, every day").waitFor();
    await page.getByRole("button", { name: "Use" }).click();
    const form = page.getByRole("dialog", { name: "Use “Report on a schedule”" });
    await form.getByRole("region", { name: "Next times" }).getByRole("listitem").nth(4).waitFor();
    await picture(page, "examples-schedule");
    await narrowPicture(page, "examples-schedule-narrow");
    await expectAccessible(page);
    // What is wrong with the schedule leaves nothing behind.
    await form.getByLabel("Cron pattern").fill("0 6 * *");
    await form.getByRole("button", { name: "Make both" }).click();
    await form.getByRole("alert").waitFor();
    await expect(client().workflows.get("daily_report")).rejects.toMatchObject({ code: "workflow_not_found" });
    await form.getByLabel("Cron pattern").fill("0 7 * * *");
    await form.getByRole("button", { name: "Make both" }).click();
    await page.waitForURL(`${ui.url}/ui/schedules?schedule=daily_report`);
    const drawer = page.getByRole("dialog", { name: "daily_report" });
    await drawer.locator(".next-times li").nth(4).waitFor();
    const made = { workflow_id: "daily_report", cron: "0 7 * * *", payload: { day: "${schedule.time}" } };
    expect(await client().schedules.get("daily_report")).toMatchObject({ ...made, paused: false });
    await drawer.getByRole("button", { name: "Pause" }).click();
    await drawer.getByText("None: it is paused").waitFor();
    await drawer.getByRole("button", { name: "Resume" }).click();
    await drawer.locator(".next-times li").nth(4).waitFor();
    await page.goto(`${ui.url}/ui/examples?example=daily_report`);
    await page.getByRole("button", { name: "Use" }).click();
    await page.getByRole("link", { name: "daily_report" }).nth(1).waitFor();
    expect(await page.locator(".example-head").getByRole("status").textContent()).toBe(
      "There is a workflow daily_report already, and a schedule daily_report that starts it",
    );
    expect((await client().workflows.get("daily_report")).version).toBe(1);
    expect(await Array.fromAsync(client().schedules.list())).toHaveLength(1);
  };
  await ui.visit("/ui/examples?example=daily_report", look, /404|422/);
});

test("one that a hook starts comes with it: its address is told once, and none is made again", async () => {
  const hooks = () => Array.fromAsync(client().hooks.list());
  const look = async (page: Page) => {
    const dialog = page.getByRole("dialog", { name: "Use “Inbound hook”" });
    await page.getByRole("button", { name: "Use" }).click();
    await picture(page, "examples-hook");
    await dialog.getByRole("button", { name: "Make both" }).click();
    await dialog.getByText("Keep this address").waitFor();
    await picture(page, "examples-hook-made");
    await narrowPicture(page, "examples-hook-narrow");
    await expectAccessible(page);
    const address = (await dialog.locator("pre").first().textContent()) ?? "";
    const { payload } = await Bun.file(join(REPOSITORY, "examples", "inbound-hook.test.json")).json();
    const body = JSON.stringify(payload.body);
    const delivered = await fetch(address, { method: "POST", headers: { "content-type": "application/json" }, body });
    const run = textAt(await delivered.json(), "run_id");
    expect((await client().runs.get(run)).payload).toMatchObject({ body: payload.body });
    await dialog.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Use" }).click();
    await page.getByText("and a hook that starts it").waitFor();
    const [made, ...more] = await hooks();
    expect([made?.workflow_id, more]).toEqual(["inbound_hook", []]);

    // One whose address was lost on its way is there, and not made again.
    await fetch(`${ui.url}/api/v1/hooks/${made?.id}`, { method: "DELETE" });
    await page.getByRole("button", { name: "Use" }).click();
    await dialog.getByText("is there, and stays as it is").waitFor();
    await client().hooks.create({ workflow_id: "inbound_hook" });
    await dialog.getByRole("button", { name: "Make the hook" }).click();
    await page.getByText("and a hook that starts it").waitFor();
    expect(await hooks()).toHaveLength(1);
  };
  await ui.visit("/ui/examples?example=inbound_hook", look, /404/);
});

test("one that can't be tried says why", async () => {
  await ui.visit(
    "/ui/examples",
    async (page) => {
      const answer = { status: 422, json: { detail: "The test computed for 2 s", code: "test_too_long" } };
      await page.route("**/api/v1/workflows/test", (asked) => asked.fulfill(answer));
      await page.getByRole("button", { name: "Try with mocks" }).click();
      await page.getByRole("alert").getByText("The test computed for 2 s").waitFor();
      expect(await page.getByRole("button", { name: "Copy the request's id" }).count()).toBe(0);
      // What the operator's log has it by, where it is the platform that failed.
      const failure = { detail: "Internal error", code: "internal", request_id: "r-1" };
      await page.route("**/api/v1/workflows/test", (asked) => asked.fulfill({ status: 500, json: failure }));
      await page.getByRole("button", { name: "Try with mocks" }).click();
      await page.getByRole("alert").getByText("r-1").waitFor();
      await page.getByRole("button", { name: "Copy the request's id" }).waitFor();
      await expectAccessible(page);
    },
    /422|500/,
  );
});
