import { expect } from "bun:test";
import type { Page } from "playwright-core";

/** On the narrowest of screens nothing has to be scrolled sideways. */
export async function expectNarrow(page: Page): Promise<void> {
  const before = page.viewportSize() ?? { width: 1280, height: 800 };
  await page.setViewportSize({ width: 320, height: 640 });
  expect(Number(await page.evaluate("document.documentElement.scrollWidth"))).toBeLessThanOrEqual(320);
  await page.setViewportSize(before);
}
