/** The page before a whole deployment: what it shows is what happened, whichever process is asked, killed, or without its database. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Page } from "playwright-core";
import { takeOut } from "../../infrastructure/local/services/nginx.ts";
import { Deployment } from "../faults/deployment/deployment.ts";
import { BROWSER_START_MS, Browser } from "../harness/browser/browser.ts";
import { until } from "../harness/browser/until.ts";
import { Client } from "../harness/http/client.ts";

/** They all have rows in the document. */
const RUNS = 8;
/** What the browser says of a process that is gone, and of one that has no database. */
const EXPECTED = /50[234]|ERR_|Failed to load resource|failed: \S+\/api\/v1\/events/;

setDefaultTimeout(600_000);

let deployment: Deployment;
let browser: Browser;

beforeAll(async () => {
  deployment = await Deployment.up();
  browser = await Browser.start();
  const steps = [{ name: "one", type: "transform", config: { value: 1 } }];
  await at("api-1").create(steps, { id: "quick", name: "Quick" });
}, BROWSER_START_MS);
afterAll(async () => {
  await browser?.close();
  await deployment?.down();
});

const at = (part: string) => new Client(deployment.address(part));
const portOf = (part: string) => Number(new URL(deployment.address(part)).port);

async function trigger(part: string): Promise<string[]> {
  return Promise.all(Array.from({ length: RUNS }, () => at(part).trigger("quick")));
}

/** Waits until the list has exactly these runs, all of which succeeded. */
async function untilShown(page: Page, runs: string[]): Promise<void> {
  const shown = `[...document.querySelectorAll("[data-run]")].map((one) => one.dataset.run).sort().join()`;
  await until(page, `${shown} === ${JSON.stringify(runs.toSorted().join())}`);
  await until(page, `document.querySelectorAll("[data-run] .status-success").length === ${runs.length}`);
}

/** Whether it is still the page that was opened. */
const mark = (page: Page) => page.evaluate("window.isTheSame = true");
const expectNotReloaded = async (page: Page) => expect(await page.evaluate("window.isTheSame")).toBe(true);
const live = (page: Page) => page.getByRole("button", { name: "live", exact: true });

test("what one process writes is seen by who follows the other; that one is killed, and nothing is missed", async () => {
  const runs = await trigger("api-2");
  const ports = ["api-1", "api-2"].map(portOf);
  // So that it is the first one that is followed.
  takeOut(deployment.folder, ports, portOf("api-2"));
  const list = `${deployment.url}/ui/runs?workflow=quick`;
  await browser.visit(
    list,
    async (page) => {
      await untilShown(page, runs);
      await live(page).waitFor();
      await mark(page);
      takeOut(deployment.folder, ports, null);
      runs.push(...(await trigger("api-2")));
      await untilShown(page, runs);

      const followedAgain = page.waitForRequest(/\/api\/v1\/events/);
      const killed = deployment.kill("api-1");
      runs.push(...(await trigger("api-2")));
      await killed;
      await followedAgain;
      await untilShown(page, runs);
      await live(page).waitFor();
      await expectNotReloaded(page);
      await deployment.start("api-1");
    },
    { expected: EXPECTED },
  );
});

test("while the database is frozen what was shown stays, and says since when; once it is back the page goes on", async () => {
  const [early] = await trigger("api-1");
  await browser.visit(
    `${deployment.url}/ui/runs?workflow=quick`,
    async (page) => {
      const rows = () => page.evaluate(`[...document.querySelectorAll("[data-run]")].map((one) => one.innerText)`);
      await page.locator(`[data-run="${early}"] .status-success`).waitFor();
      await live(page).waitFor();
      await mark(page);
      const before = await rows();
      // All connections to it stay open, and nothing passes.
      deployment.signal("pgbouncer", "SIGSTOP");
      const banner = page.getByRole("alert");
      await banner.getByText(/^Since \d\d:\d\d:\d\d \S+\. What is shown/).waitFor();
      await page.getByRole("button", { name: /^no answer since \d\d:\d\d:\d\d/ }).waitFor();
      expect(await rows()).toEqual(before);
      deployment.signal("pgbouncer", "SIGCONT");
      await banner.waitFor({ state: "hidden" });
      await live(page).waitFor();
      const [late] = await trigger("api-1");
      await page.locator(`[data-run="${late}"] .status-success`).waitFor();
      await expectNotReloaded(page);
    },
    { expected: EXPECTED },
  );
});
