/** The view of the system: how it is, what waits, and what is out while something is. */
import { expect, test } from "bun:test";
import { hostname } from "node:os";
import { Client } from "../../src/client/index.ts";
import { expectAskedAndRefused } from "../harness/browser/asked.ts";
import { expectAccessible } from "../harness/browser/axe.ts";
import { expectNarrow } from "../harness/browser/narrow.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { narrowPicture, picture } from "../harness/browser/pictures.ts";

const ui = pageUnderTest({ platform: { env: { RETENTION_DAYS: "14" } } });

test("it says what it stands on, what waits, its limits and its version", async () => {
  const client = new Client({ url: ui.url });
  const steps = [{ name: "go", type: "wait", config: { signal: "go" } }];
  const run = await client.trigger((await client.workflows.create({ name: "w", steps })).workflow_id);
  for await (const { type } of run.events()) if (type === "step.started") break;
  const system = await client.system();
  expect(system).toMatchObject({
    ...{ version: "0.1.0", mode: "embedded", parts: { sqlite: "up" }, out: null },
    ...{ event_loop_ms: expect.any(Number), dead_letters: null },
    ...{
      queue: { running: expect.any(Number), due: 0, waiting: 1, paused: 0 },
      limits: { retention_days: 14, lease_seconds: 30 },
    },
    workers: [
      {
        version: "0.1.0",
        host: hostname(),
        started_at: expect.any(String),
        runs: expect.any(Number),
        event_loop_ms: expect.any(Number),
      },
    ],
    apis: [
      {
        version: "0.1.0",
        host: hostname(),
        started_at: expect.any(String),
        requests: expect.any(Number),
        event_loop_ms: expect.any(Number),
      },
    ],
  });
  expect(Date.parse(system.started_at)).toBeLessThan(Date.now());
  await ui.visit("/ui/system", async (page) => {
    await page.getByRole("listitem").filter({ hasText: "sqlite" }).getByText("up", { exact: true }).waitFor();
    for (const underWay of [/^\d+ runs?$/, /^\d+ requests?$/]) {
      const process = page.getByRole("listitem").filter({ hasText: `${hostname()}version 0.1.0` });
      await process
        .filter({ hasText: /late by \d+/ })
        .getByText(underWay)
        .waitFor();
    }
    await page.getByText("14 days").waitFor();
    await page.getByText("Its timers are late by").waitFor();
    await page.getByText("embedded").waitFor();
    await picture(page, "system");
    await expectAccessible(page);
    await expectNarrow(page);
    await narrowPicture(page, "system-narrow");
  });
});

test("while live is paused it is not read again", async () => {
  await ui.visit("/ui/system", async (page) => {
    let reads = 0;
    page.on("request", (request) => {
      if (request.url().endsWith("/api/v1/system")) reads++;
    });
    await page.clock.install();
    await page.reload();
    await page.getByText("embedded").waitFor();
    const again = page.waitForRequest("**/api/v1/system");
    await page.clock.runFor(4000);
    await again;
    await page.keyboard.press("l");
    await page.getByRole("button", { name: "paused" }).waitFor();
    const before = reads;
    await page.clock.runFor(10_000);
    expect([before >= 2, reads]).toEqual([true, before]);
  });
});

test("a service that is out, and a word of a newer server, are said and not hidden", async () => {
  const told = {
    ...(await new Client({ url: ui.url }).system()),
    out: "postgres (breaker open)",
    queue: null,
    workers: null,
    apis: null,
  };
  const answer = {
    ...told,
    parts: { postgres: "down", kafka: "degraded", moon: "eclipsed" },
    breakers: { writes: "open" },
    dead_letters: 1204,
  };
  await ui.visit("/ui/system", async (page) => {
    await page.route("**/api/v1/system", (route) => route.fulfill({ json: answer }));
    await page.reload();
    await page.getByRole("alert").getByText("postgres (breaker open) is out").waitFor();
    await page.getByText("Nothing can be stored.").waitFor();
    await page.getByText("eclipsed").waitFor();
    await page.getByText("1,204").waitFor();
    await page.getByText("open", { exact: true }).waitFor();
    await page.getByText("The database can't be asked.").first().waitFor();
    await picture(page, "system-out");
    await expectAccessible(page);
  });
});

test("while it is asked, and where it can't be, other pictures stand there than for none", async () => {
  const view = {
    address: `${ui.url}/ui`,
    link: "System",
    reads: "**/api/v1/system",
    loading: "Loading how it is",
  };
  await expectAskedAndRefused(ui.browser, view);
});
