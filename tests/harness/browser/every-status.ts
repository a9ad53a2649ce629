/** Every status there is of runs and steps, and one that the page does not know. */
import type { Page } from "playwright-core";

/** Each with the word that the page has for it. */
export const EVERY_STATUS: [status: string, word: string][] = [
  ...["pending", "running", "paused", "success", "failed", "cancelled", "skipped"].map((one): [string, string] => [
    one,
    one,
  ]),
  ["melted", "unknown: melted"],
];

/** From now on lists have a run in each status, named by it, and a run, of the last one, has a step in each. */
export async function showEveryStatus(page: Page): Promise<void> {
  await page.route(/\/api\/v1\/runs\?.*view=summary/, async (route) => {
    const list = await (await route.fetch()).json();
    const items = EVERY_STATUS.map(([status]) => ({ ...list.items[0], uuid: status, status }));
    await route.fulfill({ json: { ...list, items } });
  });
  await page.route(/view=outline/, async (route) => {
    const outline = await (await route.fetch()).json();
    const steps = EVERY_STATUS.map(([one], at) => ({
      ...outline.steps[0],
      ...{ address: one, path: String(at), status: one },
    }));
    await route.fulfill({ json: { ...outline, status: "melted", steps } });
  });
}
