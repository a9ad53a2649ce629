/** The list of runs: still while somebody points at it, and of use on a phone. */
import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { expectAskedAndRefused } from "../harness/browser/asked.ts";
import { expectAccessible } from "../harness/browser/axe.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { pressFast } from "../harness/browser/press-fast.ts";
import { until } from "../harness/browser/until.ts";
import { expectReply } from "../harness/http/expect.ts";
import { listAt, objectAt, textAt } from "../harness/http/json.ts";

const FAILED = 120;
/** With 200 combining marks; as long as a name may be. */
const HOSTILE = `<img src=x onerror="alert(1)"> ‮override‬ ${`a${"\u0301".repeat(50)}`.repeat(4)}`;
const LINK = "javascript:alert(1)";

const ui = pageUnderTest();

beforeAll(async () => {
  await ui.api.create([{ name: "one", type: "transform", config: { value: 1 } }], { id: "works", name: "Works" });
  await ui.api.create([{ name: "end", type: "fail", config: { message: `${HOSTILE} ${LINK}` } }], {
    id: "fails",
    name: HOSTILE,
  });
  await triggerMany("fails", FAILED);
});

async function triggerMany(workflow: string, count: number): Promise<string[]> {
  const triggers = Array.from({ length: count }, () => ({
    workflow_id: workflow,
    payload: { said: HOSTILE, link: LINK },
  }));
  const reply = await ui.api.post("/api/v1/trigger/batch", { triggers });
  expectReply(reply, 200);
  return listAt(reply.body, "results").map((one) => textAt(one, "run_id"));
}

test("while a row has the focus, 500 runs that arrive wait, and are shown when they are asked for", async () => {
  await ui.visit("/ui/runs", async (page) => {
    await page.locator("[data-run]").first().waitFor();
    await page.keyboard.press("j");
    await until(page, "document.activeElement.closest('[data-run]') !== null");
    const place = () => page.evaluate("document.activeElement.closest('[data-run]').getBoundingClientRect().top");
    const id = () => page.evaluate("document.activeElement.closest('[data-run]').dataset.run");
    const [top, focused] = [await place(), await id()];
    await triggerMany("works", 500);
    const pill = page.getByRole("button", { name: "500 new runs" });
    await pill.waitFor();
    expect([await place(), await id()]).toEqual([top, focused]);
    await pill.press("Enter");
    await pill.waitFor({ state: "hidden" });
    await until(page, `document.querySelector("[data-run]").dataset.run > "${String(focused)}"`);
    await expectAccessible(page);
  });
});

test("from one run of a list keys go to the next and the one before, as far as the filter goes", async () => {
  const { body } = await ui.api.get("/api/v1/runs?view=summary&workflow=fails&status=failed&limit=200");
  const ids = listAt(body, "items").map((one) => textAt(one, "uuid"));
  expect(ids.length).toBe(FAILED);
  await ui.visit("/ui/runs?workflow=fails&status=failed", async (page) => {
    const press = async (key: string, place: number) => {
      await page.keyboard.press(key);
      await page.locator(`.run-id [title="${ids[place]}"]`).waitFor();
    };
    await page.locator("[data-run]").first().waitFor();
    await pressFast(page, ["j", "j", "k", "Enter"]);
    await page.locator(`.run-id [title="${ids[0]}"]`).waitFor();
    // Before the first there is none.
    await press("[", 0);
    await page.getByText("No further run of the list was found").waitFor();
    await press("]", 1);
    await press("[", 0);
    // The last row of the page that the list has read, and the last of all.
    for (const place of [99, FAILED - 2]) {
      await page.evaluate(
        `history.pushState(null, "", "/ui/runs/${ids[place]}"); dispatchEvent(new PopStateEvent("popstate"))`,
      );
      await press("]", place + 1);
    }
    await page.keyboard.press("]");
    await press("[", FAILED - 2);
    await page.keyboard.press("Escape");
    await page.waitForURL(/\/ui\/runs\?workflow=fails&status=failed$/);
  });
});

test("however many runs arrive while somebody looks, no more rows are kept than are read again", async () => {
  const [first = ""] = await triggerMany("works", 1);
  const { body: list } = await ui.api.get("/api/v1/runs?view=summary&limit=1");
  const run = objectAt(listAt(list, "items")[0]);
  const id = (at: number) => `ffffffff${first.slice(8, -4)}${String(at).padStart(4, "0")}`;
  const events = Array.from({ length: 1100 }, (_, at) => ({ data: { run: { ...run, uuid: id(at) } } }));
  const body = events.map((event) => `event: run.created\ndata: ${JSON.stringify(event)}\n\n`).join("");
  await ui.visit("/ui/examples", async (page) => {
    const held = Promise.withResolvers<void>();
    await page.route("**/api/v1/events**", async (route) => {
      await held.promise;
      await route.fulfill({ contentType: "text/event-stream", body });
      // Told once.
      await page.unroute("**/api/v1/events**");
    });
    await page.getByRole("link", { name: "Runs", exact: true }).click();
    await page.locator(`[data-run="${first}"]`).waitFor();
    await page.evaluate(`
      window.mostRows = 0;
      new ResizeObserver(([{ contentRect }]) => {
        window.mostRows = Math.max(window.mostRows, contentRect.height / 36);
      }).observe(document.querySelector(".run-rows"))`);
    held.resolve();
    await until(page, `window.mostRows > 900 && document.querySelector(".run-rows").offsetHeight === 100 * 36`);
    expect(Number(await page.evaluate("window.mostRows"))).toBeLessThanOrEqual(1000);
  });
});

test("the order is at the title of its column, and can be turned round there", async () => {
  await ui.visit("/ui/runs?workflow=fails", async (page) => {
    const created = page.getByRole("columnheader", { name: "Created" });
    await created.and(page.locator("[aria-sort=descending]")).getByRole("link").click();
    await page.waitForURL(/workflow=fails&order=asc$/);
    await created.and(page.locator("[aria-sort=ascending]")).waitFor();
  });
});

test("a time that is copied is ISO 8601, however it is shown", async () => {
  const reader = await ui.browser.stranger({ permissions: ["clipboard-read", "clipboard-write"] });
  await reader.visit(`${ui.url}/ui/runs`, async (page) => {
    const time = page.locator("[data-run] time").first();
    await time.selectText();
    await page.keyboard.press("Control+c");
    const copied = await page.evaluate("navigator.clipboard.readText()");
    expect([copied, copied === (await time.textContent())]).toEqual([await time.getAttribute("title"), false]);
  });
});

test("names and errors are text, whatever is in them", async () => {
  await ui.visit("/ui/runs?status=failed", async (page) => {
    await page.locator("[data-run]").first().waitFor();
    expect(await page.locator("[data-run] .run-name").first().textContent()).toContain(
      '<img src=x onerror="alert(1)">',
    );
    await page.locator("[data-run] a").first().click();
    await page.getByText("Open the step").waitFor();
    expect(await page.locator("main img").count()).toBe(0);
    const { pathname } = new URL(page.url());
    await page.goto(`${ui.url}${pathname}?step=end&tab=input`);
    await page.getByRole("button", { name: "Show the payload" }).click();
    await page.getByRole("tree", { name: "payload as a tree" }).getByText("<img src=x").waitFor();
    for (const path of ["/workflows", "/workflows/fails", "/workflows/fails/edit", `${pathname.slice(3)}?view=graph`]) {
      await page.goto(`${ui.url}/ui${path}`);
      await page.getByText("<img src=x").first().waitFor();
      expect([path, await page.locator("main img, a[href^='javascript:']").count()]).toEqual([path, 0]);
    }
  });
});

test("a link shows the same list to somebody else, and after a reload", async () => {
  const at = new Date(Date.now() + 3_600_000).toISOString();
  const path = `/ui/runs?status=failed&workflow=fails&q=override&order=asc&at=${encodeURIComponent(at)}`;
  const shown = async (page: Page) => {
    await page.locator("[data-run]").first().waitFor();
    return page.evaluate(
      `[...document.querySelectorAll("[data-run], .filters")].map((one) => one.dataset.run ?? one.innerText)`,
    );
  };
  await ui.visit(path, async (page) => {
    const before = await shown(page);
    await page.reload();
    expect(await shown(page)).toEqual(before);
    await (await ui.browser.stranger()).visit(ui.url + path, async (other) => {
      expect(await shown(other)).toEqual(before);
    });
  });
});

test("while the list is asked for, and where it can't be, other pictures stand there than for none", async () => {
  await expectAskedAndRefused(ui.browser, {
    address: `${ui.url}/ui/examples`,
    link: "Runs",
    reads: "**/api/v1/runs?**",
    loading: "Reading runs",
  });
});

test("the filter that leaves nothing is named, and nothing is said to be none while it is read", async () => {
  await ui.visit("/ui/runs?workflow=works&status=failed", async (page) => {
    await page.getByText("No run fits").waitFor();
    await expectAccessible(page);
    await page.getByRole("link", { name: "status: failed" }).click();
    await page.waitForURL(/\/ui\/runs\?workflow=works$/);
    await page.locator("[data-run]").first().waitFor();
  });
});

test("what an address has that is no filter is said, and nothing is listed in its place", async () => {
  await ui.visit("/ui/runs?status=failed,bogus&created_from=xx&workflow=fails", async (page) => {
    await page.getByRole("heading", { name: "These are no filters" }).waitFor();
    expect(await page.locator("[data-run]").count()).toBe(0);
    await page.getByRole("search").getByText("created_from: xx").waitFor();
    await expectAccessible(page);
    await page.getByRole("link", { name: "Leave them out" }).click();
    await page.waitForURL(/\/ui\/runs\?status=failed&workflow=fails$/);
    await page.locator("[data-run]").first().waitFor();
    await page.getByRole("button", { name: "☆ Save filter" }).click();
    const dialog = page.getByRole("dialog", { name: "Save this filter" });
    await dialog.getByRole("textbox", { name: "Name" }).fill("Bad ones");
    await expectAccessible(page);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "★ Forget filter" }).click();
  });
});

test("what has no field of its own is typed behind + filter; a time is gone to, and what is none is said to be none", async () => {
  await ui.visit("/ui/runs", async (page) => {
    await page.locator("[data-run]").first().waitFor();
    const add = page.getByRole("combobox", { name: "Add a filter" });
    await add.selectOption("go to a time");
    const field = page.getByRole("textbox", { name: "go to a time:" });
    await field.fill("noon");
    await field.press("Enter");
    await page.getByRole("alert").getByText("a time is ISO 8601").waitFor();
    await expectAccessible(page);
    await field.fill("-30d");
    await field.press("Enter");
    await page.waitForURL(/\?at=-30d$/);
    await page.getByText("Nothing was created before that time").or(page.getByText("Newer runs")).first().waitFor();
    await add.selectOption("tag");
    await page.getByRole("textbox", { name: "tag:" }).fill("nobody");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\?tag=nobody$/);
    await page.getByText("No run fits").waitFor();
  });
});

test("a workflow that is not there is said to be none, and nobody goes on asking for it", async () => {
  const look = async (page: Page) => {
    await page.getByRole("heading", { name: "No workflow has the id “nope”" }).waitFor();
    await page.getByText("reconnecting").waitFor({ state: "detached" });
    await expectAccessible(page);
    await page.getByRole("link", { name: "Runs of all workflows" }).click();
    await page.locator("[data-run]").first().waitFor();
  };
  await ui.visit("/ui/runs?workflow=nope", look, /404/);
});

for (const [what, viewport] of [
  ["at 320 pixels", { width: 320, height: 640 }],
  ["at twice the size", { width: 640, height: 400 }],
] as const) {
  test(`${what} nothing scrolls sideways, and what failed and why is on the first screen`, () =>
    onFirstScreen(viewport));
}

async function onFirstScreen(viewport: { width: number; height: number }): Promise<void> {
  const narrow = await ui.browser.stranger({ viewport });
  await narrow.visit(`${ui.url}/ui/runs?status=failed`, async (page) => {
    await page.locator("[data-run]").first().waitFor();
    const isWide = "document.documentElement.scrollWidth > innerWidth";
    expect(await page.evaluate(isWide)).toBe(false);
    await page.locator("[data-run] a").first().click();
    const why = page.getByText("Open the step");
    await why.waitFor();
    expect(await page.evaluate(isWide)).toBe(false);
    expect((await why.boundingBox())?.y).toBeLessThan(viewport.height);
  });
}

test("a row far below the newest changes in place, and says how far its run is", async () => {
  await ui.api.create([{ name: "go", type: "wait", config: { signal: "go" } }], { id: "waits", name: "Waits" });
  const run = await ui.api.trigger("waits");
  await ui.api.untilBegun(run, "go");
  await triggerMany("works", 250);
  await ui.visit("/ui/runs", async (page) => {
    const row = page.locator(`[data-run="${run}"]`);
    await page.locator("[data-run]").first().waitFor();
    await until(
      page,
      `(() => { const list = document.querySelector(".run-scroller"); list.scrollTop += 300; return document.querySelector('[data-run="${run}"]') !== null; })()`,
    );
    await row.getByText("0/1 go").waitFor();
    expectReply(await ui.api.post(`/api/v1/runs/${run}/signals/go`, null), 200);
    await row.getByText("success").waitFor();
    await row.getByText("1/1").waitFor();
  });
});

test("the ruler stays at the time that the list was gone to", async () => {
  await ui.visit("/ui/runs?at=-1h", async (page) => {
    await page.clock.install();
    await page.reload();
    const slider = page.getByRole("slider", { name: "Go to a time" });
    await slider.waitFor();
    const place = Number(await slider.inputValue());
    await page.clock.fastForward("05:00:00");
    // That is by now as long ago as six hours.
    await until(page, `document.querySelector(".ruler input").value > ${place + 100}`);
  });
});
