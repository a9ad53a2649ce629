/** Home says what failed and what waits, and leads there. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { expectAskedAndRefused } from "../harness/browser/asked.ts";
import { expectAccessible } from "../harness/browser/axe.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { seed } from "../harness/browser/seed.ts";
import { until } from "../harness/browser/until.ts";

const ui = pageUnderTest();
let shop: Bun.Server<undefined>;

beforeAll(async () => {
  shop = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => Response.json({ no: 1 }, { status: 402 }) });
  await seed(ui.api, `http://127.0.0.1:${shop.port}`, 2);
});
afterAll(async () => {
  await shop?.stop(true);
});

test("Home names what fails with its last error, what waits, what runs longest and the parts, and each number leads to its runs", async () => {
  await ui.visit("/ui", async (page) => {
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    const failing = page.getByRole("region", { name: "Failing now" });
    // Numbers come a few seconds later: they are all there before the page is asked.
    await failing.getByText("2 of 2").waitFor();
    // What the page that is left asks as it goes does not count.
    page.once("framenavigated", () => {
      asked.length = 0;
    });
    await page.reload();
    await failing.getByText("2 of 2").waitFor();
    await failing.getByText("answered with status 402").waitFor();
    await failing.getByText("v1", { exact: true }).waitFor();
    await failing.getByText(/the last in the minute of \d\d:\d\d:\d\d/).waitFor({ state: "attached" });
    // One read for all of them.
    expect(asked.filter((address) => address.includes("status=failed"))).toHaveLength(1);
    await page.getByRole("region", { name: "Waiting for somebody" }).getByText("waits for approved").first().waitFor();
    await page.getByRole("region", { name: "Longest running" }).getByRole("listitem").first().waitFor();
    const parts = page.getByRole("region", { name: "Parts" });
    await parts.getByText("up").first().waitFor();
    await parts.getByText("workers 1").waitFor();
    await parts.getByText("backlog 0").waitFor();
    await page
      .getByRole("region", { name: "Numbers" })
      .getByText(/^p95 [\d.]+ m?s$/)
      .waitFor();
    for (const name of [/^\d+ running$/, /^[\d,]+ asleep$/, /^[\d,]+ late$/])
      await page.getByRole("region", { name: "Numbers" }).getByRole("link", { name }).waitFor();
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

test("each bar of the chart is reached by keys, and leads to the runs of its minute", async () => {
  await ui.visit("/ui", async (page) => {
    const bars = page.locator("a.chart-bar");
    await bars.last().waitFor();
    // One stop for all of them.
    expect(await page.locator("a.chart-bar[tabindex='0']").count()).toBe(1);
    await bars.last().focus();
    await page.keyboard.press("ArrowLeft");
    const chosen = bars.nth((await bars.count()) - 2);
    await until(page, `document.activeElement === document.querySelector("a.chart-bar:nth-last-child(2)")`);
    const href = await chosen.getAttribute("href");
    await page.keyboard.press("Enter");
    await page.waitForURL(new URL(href ?? "", ui.url).href);
  });
});

test("j and k go through what it lists", async () => {
  await ui.visit("/ui", async (page) => {
    for (const name of ["Failing now", "Waiting for somebody", "Longest running"])
      await page.getByRole("region", { name }).getByRole("listitem").first().waitFor();
    for (const [key, place] of [...[["j", 0] as const, ["j", 1] as const, ["k", 0] as const]]) {
      await page.keyboard.press(key);
      await until(page, `document.activeElement === document.querySelectorAll(".home-card li a")[${place}]`);
    }
  });
});

test("what follows where a part is out is said beside it", async () => {
  await ui.visit("/ui/nothing", async (page) => {
    await page.route("**/api/v1/system", async (route) => {
      const system = await (await route.fetch()).json();
      await route.fulfill({ json: { ...system, parts: { ...system.parts, redis: "down" } } });
    });
    await page.goto(`${ui.url}/ui`);
    const parts = page.getByRole("region", { name: "Parts" });
    await parts.getByText("redis down").getByText("Reads are slower.").waitFor();
    expect(await parts.getByText("Nothing can be stored.").count()).toBe(0);
  });
});

test("while the platform is out its last numbers stay, grey and with their time", async () => {
  await ui.visit(
    "/ui",
    async (page) => {
      await page.clock.install();
      await page.reload();
      const numbers = page.getByRole("region", { name: "Numbers" });
      await numbers.getByRole("link", { name: /^2 failed/ }).waitFor();
      expect(await numbers.getByRole("link", { name: /^p95/ }).getAttribute("href")).toEndWith("&from=-1h");
      const answer = { status: 503, json: { detail: "The database is out", code: "storage_unavailable" } };
      await page.route("**/api/v1/**", (asked) => asked.fulfill(answer));
      await page.clock.runFor(4000);
      await numbers.getByText(/^The last that is known, from \d\d:\d\d:\d\d \S+$/).waitFor();
      await numbers.getByRole("link", { name: /^2 failed/ }).waitFor();
      await expectAccessible(page);
      await page.unroute("**/api/v1/**");
      await page.clock.runFor(4000);
      await numbers.getByText("The last that is known").waitFor({ state: "detached" });
    },
    /503/,
  );
});

test("while it is asked, and where it can't be, other pictures stand there than for none", async () => {
  const [link, loading] = ["Home", "Reading how it is"];
  await expectAskedAndRefused(ui.browser, {
    ...{ address: `${ui.url}/ui/examples`, link, reads: "**/api/v1/runs?**", loading },
  });
});
