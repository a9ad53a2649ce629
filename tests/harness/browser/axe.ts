/** Finds what keeps people from using a page, by axe-core's rules for WCAG 2.2, levels A and AA. */
import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";

const SOURCE = readFileSync(Bun.resolveSync("axe-core/axe.min.js", import.meta.dir), "utf8");
const RULES = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] };
/** The rule that looks at colours: the others find the same whatever the theme. */
const COLOURS = { type: "rule", values: ["color-contrast"] };

/** Looks at what is shown now, in both themes. */
export async function expectAccessible(page: Page): Promise<void> {
  // Not through the page's own policy, which would keep it out.
  await page.evaluate(SOURCE);
  for (const [theme, rules] of [
    ["light", RULES],
    ["dark", COLOURS],
  ] as const) {
    await page.evaluate(`document.documentElement.dataset.theme = ${JSON.stringify(theme)}`);
    expect({ theme, found: await violations(page, rules) }).toEqual({ theme, found: [] });
  }
}

async function violations(page: Page, rules: { type: string; values: string[] }): Promise<string[]> {
  const found: { violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[] } =
    await page.evaluate(`axe.run(document, ${JSON.stringify({ runOnly: rules })})`);
  return found.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html.slice(0, 200)} (${failureSummary ?? ""})`),
  );
}
