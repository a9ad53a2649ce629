/** Pictures of views, for people. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";

/** Keeps a picture of what is shown, in both themes, in the folder PICTURES; none without it. */
export async function picture(page: Page, name: string): Promise<void> {
  const { PICTURES: folder = "" } = process.env;
  if (folder === "") return;
  mkdirSync(folder, { recursive: true });
  const before = await page.evaluate("document.documentElement.dataset.theme ?? ''");
  for (const theme of ["light", "dark"]) {
    await page.evaluate(`document.documentElement.dataset.theme = ${JSON.stringify(theme)}`);
    await page.screenshot({ path: join(folder, `${name}-${theme}.png`) });
  }
  await page.evaluate(`document.documentElement.dataset.theme = ${JSON.stringify(before)}`);
}

/** The same on a phone. */
export async function narrowPicture(page: Page, name: string): Promise<void> {
  const before = page.viewportSize() ?? { width: 1280, height: 800 };
  await page.setViewportSize({ width: 360, height: 740 });
  await picture(page, name);
  await page.setViewportSize(before);
}
