import type { Page } from "playwright-core";

/** Presses keys one behind the other, each in a task of its own, faster than anything is drawn. */
export async function pressFast(page: Page, keys: string[]): Promise<void> {
  await page.evaluate(`(async () => {
    for (const key of ${JSON.stringify(keys)}) {
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      await new Promise((done) => setTimeout(done));
    }
  })()`);
}
