import type { Page } from "playwright-core";
import { until } from "./until.ts";

/** On the narrowest of screens nothing has to be scrolled sideways. */
export async function expectNarrow(page: Page): Promise<void> {
  const before = page.viewportSize() ?? { width: 1280, height: 800 };
  await page.setViewportSize({ width: 320, height: 640 });
  // What is drawn anew for the size takes its time.
  await until(page, "document.documentElement.scrollWidth <= 320");
  await page.setViewportSize(before);
}
