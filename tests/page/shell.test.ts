/** The page in a real Chromium: served offline under a strict policy, used by anybody, and begun without a word typed. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { expectAccessible } from "../harness/browser/axe.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { PREFIX, prefixProxy } from "../harness/browser/prefix-proxy.ts";
import { until } from "../harness/browser/until.ts";
import { Client } from "../harness/http/client.ts";
import { Platform } from "../harness/platform.ts";

const ui = pageUnderTest();
/** Nothing is painted while what blocks that is not there. */
const THEME_AT_FIRST_PAINT = `(() => {
  const [first] = performance.getEntriesByType("paint");
  const script = performance.getEntriesByType("resource").find(({ name }) => name.includes("/main-"));
  const isBefore = first !== undefined && first.startTime < script.responseEnd;
  return document.documentElement.dataset.theme + (isBefore ? ", but painted before" : ", and nothing was painted before");
})()`;
let proxy: Bun.Server<undefined>;

beforeAll(async () => {
  proxy = prefixProxy(() => ui.url);
});
afterAll(async () => {
  await proxy?.stop(true);
});

test("from the address that the start prints to a run that succeeded, without a word typed", async () => {
  await ui.browser.visit(ui.url, async (page) => {
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
        const origin = place === "" ? ui.url : `http://127.0.0.1:${proxy.port}`;
        await ui.browser.visit(origin + place + path, async (page) => {
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

test("what is shown first takes two requests beside the page, and has the theme that was chosen before it is painted", async () => {
  await ui.visit("/ui/examples", async (page) => {
    await page.evaluate("localStorage.setItem('theme', 'dark')");
    const files: string[] = [];
    page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.startsWith("/ui"))
        files.push(
          pathname
            .split("/")
            .at(-1)
            ?.replace(/-\w+(?=\.)/, "") ?? "",
        );
    });
    for (const path of ["/ui", "/ui/runs", "/ui/workflows"]) {
      files.length = 0;
      await page.goto(ui.url + path);
      await page.locator("main :is(h1, h2)").first().waitFor();
      expect(files).toEqual([path.split("/").at(-1) ?? "", "style.css", "main.js"]);
      expect(await page.evaluate(THEME_AT_FIRST_PAINT)).toBe("dark, and nothing was painted before");
    }
  });
});

describe("the shell", () => {
  test("keys lead to views, and are listed", async () => {
    await ui.visit("/ui", async (page) => {
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.keyboard.press("g");
      await page.keyboard.press("r");
      await page.waitForURL(/\/ui\/runs$/);
      // Who reads by ear begins with the new view.
      await until(page, "document.activeElement.id === 'main'");
      await page.keyboard.press("?");
      const dialog = page.getByRole("dialog", { name: "Keys" });
      await dialog.getByText("Go to Home").waitFor();
      await expectAccessible(page);
      await dialog.getByRole("checkbox").uncheck();
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "hidden" });
      await page.keyboard.press("g");
      await page.keyboard.press("h");
      expect(new URL(page.url()).pathname).toBe("/ui/runs");
      await page.evaluate("localStorage.clear()");
    });
  });

  test("the search goes to a run by its id, however it was copied", async () => {
    await ui.visit(
      "/ui",
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
        await page.keyboard.press("Control+k");
        await box.fill(`/ui/runs/${id}?step=charge`);
        await page.getByRole("option", { name: "link" }).waitFor();
        await box.press("Enter");
        await page.waitForURL(/\?step=charge$/);
        await page.keyboard.press("Control+k");
        await box.fill("?");
        await box.press("Enter");
        await page.getByRole("dialog", { name: "Keys" }).waitFor();
      },
      /404/,
    );
  });

  test("the search stays open where it is asked for again as it closes", async () => {
    await ui.visit("/ui", async (page) => {
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.keyboard.press("Control+k");
      await page.getByRole("dialog").getByRole("combobox").fill("Runs");
      await page.getByRole("dialog").getByRole("option").first().waitFor();
      // Both before the browser tells that the first is closed.
      await page.evaluate(`(async () => {
        const press = (target, init) => target.dispatchEvent(new KeyboardEvent("keydown", { ...init, bubbles: true }));
        press(document.activeElement, { key: "Enter" });
        await null;
        await null;
        press(document, { key: "k", ctrlKey: true });
      })()`);
      const box = page.getByRole("dialog").getByRole("combobox");
      await box.fill("?");
      await box.press("Enter");
      await page.getByRole("dialog", { name: "Keys" }).waitFor();
    });
  });

  test("on a phone the view that is shown is in view among the others", async () => {
    const phone = await ui.browser.stranger({ viewport: { width: 360, height: 740 } });
    await phone.visit(`${ui.url}/ui/system`, async (page) => {
      const shown = `document.querySelector(".navigation [aria-current]").getBoundingClientRect()`;
      await until(page, `${shown}.right <= 360 && ${shown}.left >= 0`);
    });
  });

  test("what is chosen stays: the theme and the zone of times", async () => {
    const stranger = await ui.browser.stranger({ timezoneId: "Asia/Kolkata" });
    await stranger.visit(`${ui.url}/ui`, async (page) => {
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

test("while the platform is gone the page says so by itself, keeps what it shows, and goes on", async () => {
  const own = await Platform.start({ env: { PORT: "0" } });
  const port = new URL(own.url).port;
  const trigger = async () => {
    const api = new Client(own.url);
    return api.trigger(await api.create([{ name: "one", type: "transform", config: { value: 1 } }]));
  };
  const first = await trigger();
  await ui.browser.visit(
    `${own.url}/ui/runs`,
    async (page) => {
      const rowOf = (run: string) => page.locator(`[data-run="${run}"] .status-success`);
      await rowOf(first).waitFor();
      await page.getByRole("button", { name: "live", exact: true }).waitFor();
      await own.kill();
      // Nothing was asked for: only the stream of events broke.
      await page.getByRole("alert").getByText("The platform does not answer").waitFor();
      await page.getByRole("button", { name: /^no answer since \d\d:\d\d:\d\d/ }).waitFor();
      await expectAccessible(page);
      expect(await rowOf(first).isVisible()).toBe(true);
      // It asks, is not answered, and goes on asking by itself.
      await page.getByRole("button", { name: "Ask now" }).click();
      await own.restart({ PORT: port });
      await page.getByRole("button", { name: "Ask now" }).waitFor({ state: "hidden" });
      await page.getByRole("button", { name: "live", exact: true }).waitFor();
      await rowOf(await trigger()).waitFor();
      // A run that is over has nothing to follow, and is not said to be live without a platform either.
      await page.clock.install();
      await page.goto(`${own.url}/ui/runs/${first}`);
      await page.getByRole("button", { name: "live", exact: true }).waitFor();
      await own.kill();
      await page.clock.runFor(6000);
      await page.getByRole("button", { name: /^no answer since/ }).waitFor();
    },
    { expected: /ERR_|Failed to load resource|failed:/ },
  );
  await own.close();
});
