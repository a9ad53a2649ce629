import type { Page } from "playwright-core";

const STEP_MS = 25;
const PATIENCE_MS = 20_000;

/** Waits until an expression is true in a page. Playwright's own way would need a page that lets texts be evaluated. */
export async function until(page: Page, expression: string): Promise<void> {
  for (const begin = performance.now(); performance.now() - begin < PATIENCE_MS; await Bun.sleep(STEP_MS)) {
    if ((await page.evaluate(expression)) === true) return;
  }
  throw new Error(`never true: ${expression}`);
}
