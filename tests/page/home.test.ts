/** Home says what failed and what waits, and leads there. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { expectAccessible } from "../harness/browser/axe.ts";
import { BROWSER_START_MS, Browser } from "../harness/browser/browser.ts";
import { seed } from "../harness/browser/seed.ts";
import { Client } from "../harness/http/client.ts";
import { Platform } from "../harness/platform.ts";

let platform: Platform;
let browser: Browser;
let shop: Bun.Server<undefined>;

beforeAll(async () => {
  shop = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => Response.json({ no: 1 }, { status: 402 }) });
  platform = await Platform.start();
  await seed(new Client(platform.url), `http://127.0.0.1:${shop.port}`, 2);
  browser = await Browser.start();
}, BROWSER_START_MS);
afterAll(async () => {
  await browser?.close();
  await platform?.close();
  await shop?.stop(true);
});

const visit = (path: string, look: (page: Page) => Promise<void>) => browser.visit(platform.url + path, look);

test("Home names what fails with its last error, what waits, what runs longest and the parts, and each number leads to its runs", async () => {
  await visit("/ui", async (page) => {
    const failing = page.getByRole("region", { name: "Failing now" });
    await failing.getByText("2 of 2").waitFor();
    await failing.getByText("answered with status 402").waitFor();
    await page.getByRole("region", { name: "Waiting for somebody" }).getByText("waits for approved").first().waitFor();
    await page.getByRole("region", { name: "Longest running" }).getByRole("listitem").first().waitFor();
    await page.getByRole("region", { name: "Parts" }).getByText("up").first().waitFor();
    await page.getByText("No schedule is on").waitFor();
    await expectAccessible(page);
    await page
      .getByRole("region", { name: "Numbers" })
      .getByRole("link", { name: /failed/ })
      .first()
      .click();
    await page.waitForURL(/\/ui\/runs\?status=failed&from=-1h$/);
    await page
      .getByRole("link", { name: /Sync orders/ })
      .nth(1)
      .waitFor();
    expect(await page.locator("[data-run]").count()).toBe(2);
  });
});
