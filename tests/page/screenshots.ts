/** Pictures of every view, in both themes and on a phone, into screenshots/: `make screenshots`. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Client as PlatformClient } from "../../src/client/index.ts";
import { authored } from "../../src/page/data/authored.ts";
import { Browser } from "../harness/browser/browser.ts";
import { seed } from "../harness/browser/seed.ts";
import { Client } from "../harness/http/client.ts";
import { Platform, REPOSITORY } from "../harness/platform.ts";

const FOLDER = join(REPOSITORY, "screenshots");
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } };
const [wanted = ""] = process.argv.slice(2);

mkdirSync(FOLDER, { recursive: true });
const shop = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: () => Response.json({ code: "card_declined", reason: "The issuer declined", id: "ch_0001" }, { status: 402 }),
});
const platform = await Platform.start();
const browser = await Browser.start();
const empty = await Platform.start();
const api = new Client(platform.url);
const runs = await seed(api, `http://127.0.0.1:${shop.port}`, 8);
await api.post("/api/v1/schedules", {
  id: "every_night",
  workflow_id: "nightly",
  cron: "30 2 * * *",
  timezone: "Europe/Berlin",
});
await api.post("/api/v1/schedules", { id: "quarters", workflow_id: "sync_orders", every: 900, paused: true });
const { workflows } = new PlatformClient({ url: platform.url });
const orders = JSON.stringify(authored(await workflows.get("sync_orders")));
await api.put("/api/v1/workflows/sync_orders", JSON.parse(orders.replace(`"max_attempts":3`, `"max_attempts":5`)));

/** A name for each picture, and the address of what is on it. */
const views: Record<string, string> = {
  "home-empty": `${empty.url}/ui`,
  home: "/ui",
  "runs-empty": `${empty.url}/ui/runs`,
  runs: "/ui/runs",
  "runs-failed": "/ui/runs?status=failed",
  "runs-none": "/ui/runs?status=failed&workflow=welcome",
  "run-success": `/ui/runs/${runs.success}`,
  "run-failed": `/ui/runs/${runs.failed}`,
  "run-failed-step": `/ui/runs/${runs.failed}?step=charge&tab=error`,
  "run-graph": `/ui/runs/${runs.failed}?view=graph`,
  "run-table": `/ui/runs/${runs.failed}?view=table`,
  "run-events": `/ui/runs/${runs.failed}?view=events`,
  "run-waiting": `/ui/runs/${runs.waiting}`,
  "run-asleep": `/ui/runs/${runs.asleep}`,
  "run-paused": `/ui/runs/${runs.paused}`,
  "run-missing": "/ui/runs/01a2283a-e177-7000-8f72-3914e640ff29",
  compare: `/ui/runs/${runs.failed}/compare/${runs.success}`,
  "compare-open": `/ui/runs/${runs.failed}/compare/${runs.success}?step=$payload`,
  "waiting-empty": `${empty.url}/ui/waiting`,
  waiting: "/ui/waiting",
  "waiting-open": `/ui/waiting?run=${runs.waiting}&step=approval`,
  "workflows-empty": `${empty.url}/ui/workflows`,
  workflows: "/ui/workflows",
  "workflows-none": "/ui/workflows?q=nobody",
  workflow: "/ui/workflows/sync_orders",
  "workflow-definition": "/ui/workflows/sync_orders?tab=definition",
  "workflow-versions": "/ui/workflows/sync_orders?tab=versions",
  "workflow-runs": "/ui/workflows/sync_orders?tab=runs",
  "workflow-triggers": "/ui/workflows/sync_orders?tab=triggers",
  "workflow-run": "/ui/workflows/welcome?run=1",
  diff: "/ui/workflows/sync_orders/diff?from=1&to=2",
  "diff-drawn": "/ui/workflows/sync_orders/diff?from=1&to=2&as=drawn",
  editor: "/ui/workflows/sync_orders/edit",
  "editor-new": "/ui/workflows/new",
  "schedules-empty": `${empty.url}/ui/schedules`,
  schedules: "/ui/schedules",
  schedule: "/ui/schedules?schedule=every_night",
  "schedule-new": "/ui/schedules?new=1",
  examples: "/ui/examples",
  system: "/ui/system",
  nothing: "/ui/nothing",
};
for (const [name, address] of Object.entries(views)) {
  if (!name.startsWith(wanted)) continue;
  await browser.visit(
    new URL(address, platform.url).href,
    async (page) => {
      await page.locator("main :is(h1, h2)").first().waitFor({ state: "attached" });
      await page.waitForTimeout(400);
      for (const [size, viewport] of Object.entries(SIZES)) {
        await page.setViewportSize(viewport);
        for (const theme of ["light", "dark"]) {
          await page.evaluate(`document.documentElement.dataset.theme = "${theme}"`);
          await page.waitForTimeout(100);
          await page.screenshot({ path: join(FOLDER, `${name}-${size}-${theme}.png`) });
        }
      }
    },
    { expected: /404/ },
  );
}
await browser.close();
await platform.close();
await empty.close();
await shop.stop(true);
