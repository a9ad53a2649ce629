/** Who reads by ear is told what happens, and not more than can be listened to. */
import { beforeAll, expect, test } from "bun:test";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { until } from "../harness/browser/until.ts";

const ui = pageUnderTest();
/** Between two sentences; what is drawn later by a moment is heard so. */
const APART_MS = 5000 - 500;
const NAMES = ["first", "second", "third", "fourth", "fifth"];

beforeAll(async () => {
  const steps = [{ name: "end", type: "fail", config: { message: "no" } }];
  for (const name of NAMES) await ui.api.create(steps, { id: name, name });
});

/** Lets a run of this workflow fail. */
async function failing(name: string): Promise<string> {
  const run = await ui.api.trigger(name);
  await ui.api.untilEnded(run);
  return run;
}

test("one sentence is said in five seconds, the newest, and none while live is paused", async () => {
  const known = await failing("first");
  await ui.visit("/ui/runs", async (page) => {
    await page.clock.install();
    await page.reload();
    const row = (run: string) => page.locator(`[data-run="${run}"] .status-failed`);
    await row(known).waitFor();
    await page.getByRole("button", { name: "live", exact: true }).waitFor();
    await page.evaluate(`
      window.told = [];
      const place = document.querySelector("[aria-live=polite].sr-only");
      new MutationObserver(() => window.told.push({ at: Date.now(), text: place.textContent }))
        .observe(place, { childList: true, characterData: true, subtree: true })`);
    const isLast = (name: string) => until(page, `window.told.at(-1)?.text === "A run of ${name} failed"`);
    await row(await failing("second")).waitFor();
    await isLast("second");
    for (const name of ["third", "fourth"]) await row(await failing(name)).waitFor();
    await page.clock.runFor(5000);
    await isLast("fourth");
    const told = await page.evaluate<{ at: number }[]>("window.told");
    expect(told.length).toBeGreaterThan(1);
    for (const [index, { at }] of told.entries())
      expect(at - (told[index - 1]?.at ?? 0)).toBeGreaterThanOrEqual(APART_MS);

    await page.keyboard.press("l");
    await page.locator(".live-paused").waitFor();
    await failing("fifth");
    await page.clock.runFor(10_000);
    expect(await page.evaluate("window.told.length")).toBe(told.length);
  });
});
