/** The page in a real Chromium: served offline under a strict policy, used by anybody, and begun without a word typed. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { expectAccessible } from "../harness/browser/axe.ts";
import { BROWSER_START_MS, Browser } from "../harness/browser/browser.ts";
import { PREFIX, prefixProxy } from "../harness/browser/prefix-proxy.ts";
import { Platform } from "../harness/platform.ts";

let platform: Platform;
let browser: Browser;
let proxy: Bun.Server<undefined>;

beforeAll(async () => {
  platform = await Platform.start();
  browser = await Browser.start();
  proxy = prefixProxy(() => platform.url);
}, BROWSER_START_MS);
afterAll(async () => {
  await browser?.close();
  await proxy?.stop(true);
  await platform?.close();
});

test("from the address that the start prints to a run that succeeded, without a word typed", async () => {
  await browser.visit(platform.url, async (page) => {
    expect(new URL(page.url()).pathname).toBe("/ui");
    await page.getByRole("button", { name: "Make the example" }).waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Make the example" }).click();
    await page.waitForURL(/\/ui\/runs\/[\da-f-]{36}$/);
    await page.getByText("success", { exact: true }).first().waitFor();
  });
});

describe("an address of the page", () => {
  for (const path of ["/ui", "/ui/", "/ui/runs", "/ui/runs/", "/ui/nothing/of/that/name"]) {
    for (const place of ["", PREFIX]) {
      test(`${place}${path} shows a view`, async () => {
        const origin = place === "" ? platform.url : `http://127.0.0.1:${proxy.port}`;
        await browser.visit(origin + place + path, async (page) => {
          await page.locator("main :is(h1, h2)").first().waitFor();
          // Links within the page keep what is before them.
          await page.getByRole("link", { name: "Runs", exact: true }).first().click();
          await page.waitForURL(`${origin}${place}/ui/runs`);
          await page.getByRole("link", { name: "Home", exact: true }).first().click();
          await page.waitForURL(`${origin}${place}/ui`);
        });
      });
    }
  }
});

describe("the shell", () => {
  test("keys lead to views, and are listed", async () => {
    await browser.visit(`${platform.url}/ui`, async (page) => {
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.keyboard.press("g");
      await page.keyboard.press("r");
      await page.waitForURL(/\/ui\/runs$/);
      // Who reads by ear begins with the new view.
      expect(await page.evaluate("document.activeElement.id")).toBe("main");
      await page.keyboard.press("?");
      const dialog = page.getByRole("dialog", { name: "Keys" });
      await dialog.getByText("Go to Home").waitFor();
      await expectAccessible(page);
      await dialog.getByRole("checkbox").uncheck();
      await page.keyboard.press("Escape");
      await page.keyboard.press("g");
      await page.keyboard.press("h");
      expect(new URL(page.url()).pathname).toBe("/ui/runs");
      await page.evaluate("localStorage.clear()");
    });
  });

  test("the search goes to a run by its id, however it was copied", async () => {
    await browser.visit(
      `${platform.url}/ui`,
      async (page) => {
        await page.getByRole("heading", { level: 1 }).waitFor();
        await page.keyboard.press("Control+k");
        const box = page.getByRole("dialog").getByRole("combobox");
        await expectAccessible(page);
        const id = "01a2283a-e177-7000-8f72-3914e640ff29";
        await box.fill(`GET /api/v1/runs/${id}/events`);
        await page.getByRole("option", { name: `Run ${id}` }).waitFor();
        await box.press("Enter");
        await page.waitForURL(new RegExp(`/ui/runs/${id}$`));
        await page.getByText("Run not found").waitFor();
      },
      { expected: /404/ },
    );
  });

  test("what is chosen stays: the theme and the zone of times", async () => {
    const stranger = await browser.stranger({ timezoneId: "Asia/Kolkata" });
    await stranger.visit(`${platform.url}/ui`, async (page) => {
      await page.getByRole("button", { name: "Theme: system" }).click();
      await page.getByRole("button", { name: "Theme: light" }).click();
      await page.getByRole("button", { name: "Times: Local" }).click();
      await page.getByRole("button", { name: "Times: relative" }).click();
      await page.reload();
      await page.getByRole("button", { name: "Theme: dark" }).waitFor();
      await page.getByRole("button", { name: "Times: UTC" }).waitFor();
      expect(await page.evaluate("getComputedStyle(document.documentElement).colorScheme")).toBe("dark");
    });
  });
});

test("while the platform is gone the page says so, keeps what it shows, and goes on by itself", async () => {
  const own = await Platform.start({ env: { PORT: "0" } });
  const port = new URL(own.url).port;
  await browser.visit(
    `${own.url}/ui`,
    async (page) => {
      await page.getByRole("button", { name: "Make the example" }).waitFor();
      await own.kill();
      await page.getByRole("link", { name: "Runs", exact: true }).first().click();
      await page.getByRole("alert").getByText("The platform does not answer").first().waitFor();
      await expectAccessible(page);
      // It asks, is not answered, and goes on asking by itself.
      await page.getByRole("button", { name: "Ask now" }).click();
      await own.restart({ PORT: port });
      await page.getByRole("button", { name: "Ask now" }).waitFor({ state: "hidden" });
      await page.getByText("Nothing has run yet").waitFor();
    },
    { expected: /ERR_CONNECTION_REFUSED|Failed to load resource|failed:/ },
  );
  await own.close();
});
