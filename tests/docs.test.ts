/** Swagger UI in a real Chromium: it works, and it asks nobody but the platform for anything. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Locator, Page } from "playwright-core";
import { BROWSER_START_MS, Browser } from "./harness/browser/browser.ts";
import { PREFIX, prefixProxy } from "./harness/browser/prefix-proxy.ts";
import { Client } from "./harness/http/client.ts";
import { objectAt, textAt } from "./harness/http/json.ts";
import { Platform } from "./harness/platform.ts";

let platform: Platform;
let api: Client;
let browser: Browser;
let proxy: Bun.Server<undefined>;
/** Has the assets of `behindCdn`, which it fetches from there. */
let cdn: Bun.Server<undefined>;
let behindCdn: Platform;

beforeAll(async () => {
  platform = await Platform.start();
  api = new Client(platform.url);
  proxy = prefixProxy(() => platform.url);
  cdn = Bun.serve({ hostname: "127.0.0.1", port: 0, tls: certificate(), fetch: asset });
  behindCdn = await Platform.start({ env: { ASSET_PREFIX: `https://127.0.0.1:${cdn.port}` } });
  browser = await Browser.start({ viewport: { width: 1280, height: 1600 }, ignoreHTTPSErrors: true });
}, BROWSER_START_MS);

afterAll(async () => {
  await browser?.close();
  await proxy?.stop(true);
  await cdn?.stop(true);
  await platform?.close();
  await behindCdn?.close();
});

for (const path of ["/docs", "/docs/", `${PREFIX}/docs/`]) {
  test(`${path} lists every route, with its summary`, async () => {
    const document = (await api.get("/api/v1/openapi.json")).body;
    const documented = Object.entries(objectAt(document, "paths")).flatMap(([route, methods]) =>
      Object.entries(objectAt(methods)).map(([method, operation]) => [
        method.toUpperCase(),
        route,
        textAt(operation, "summary"),
      ]),
    );
    await visit(path, async (page) => {
      await expectVisible(page.locator(".opblock").first());
      const listed = await page.locator(".opblock").evaluateAll((blocks) =>
        blocks.map((block) => {
          const text = (selector: string) => block.querySelector(selector)?.textContent ?? "";
          const route = block.querySelector(".opblock-summary-path")?.getAttribute("data-path") ?? "";
          return [text(".opblock-summary-method"), route, text(".opblock-summary-description")];
        }),
      );
      expect(listed.toSorted()).toEqual(documented.toSorted());
      expect(await page.title()).toBe("Workflow platform API");
    });
  });
}

describe("Try it out", () => {
  test("triggers the workflow that the body names", async () => {
    const workflow = await api.create([{ name: "shape", type: "transform", config: { value: "${payload.text}" } }]);
    await visit("/docs", async (page) => {
      const block = await open(page, "POST", "/api/v1/trigger");
      await block.locator("textarea.body-param__text").fill(`{"workflow_id": "${workflow}", "payload": {"text": "Ä"}}`);
      const run = await api.untilEnded(textAt(await execute(block), "run_id"));
      expect(run.output("shape")).toEqual({ type: "transform", value: "Ä" });
    });
  });

  test("works behind a prefix", async () => {
    await visit(`${PREFIX}/docs`, async (page) => {
      textAt(await execute(await open(page, "POST", "/api/v1/workflows")), "workflow_id");
    });
  });

  test("creates, triggers and reads without a word typed, but the run's id", async () => {
    await visit("/docs", async (page) => {
      await execute(await open(page, "POST", "/api/v1/workflows"));
      const workflow = await execute(await open(page, "GET", "/api/v1/workflows/{workflow_id}"));
      expect(workflow).toMatchObject({ id: "example_workflow" });
      const runId = textAt(await execute(await open(page, "POST", "/api/v1/trigger")), "run_id");
      expect((await api.untilEnded(runId)).output("report")).toEqual({ type: "transform", value: "Said: Hello Ada" });
      const read = await open(page, "GET", "/api/v1/runs/{run_id}");
      await read.locator("input[placeholder=run_id]").fill(runId);
      expect(await execute(read)).toMatchObject({ uuid: runId, status: "success" });
      expect(await execute(await open(page, "GET", "/api/v1/runs"))).toMatchObject({ limit: 50, next_cursor: null });
    });
  });
});

for (const path of ["/docs", "/docs/"]) {
  test(`${path} has its assets from a CDN, and all else from the platform`, async () => {
    const assets = `https://127.0.0.1:${cdn.port}/docs/assets/`;
    const asked: string[] = [];
    const look = async (page: Page) => {
      textAt(await execute(await open(page, "POST", "/api/v1/workflows")), "workflow_id");
      asked.push(...(await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name))));
    };
    await visit(path, look, `${behindCdn.url}/`, assets);
    const own = asked.filter((address) => !address.startsWith(assets)).map((address) => new URL(address).pathname);
    expect(new Set(own)).toEqual(new Set(["/api/v1/openapi.json", "/api/v1/workflows"]));
  });
}

/** Shows a page to `look`, from one of the places, or where it is by itself. */
function visit(path: string, look: (page: Page) => Promise<void>, ...places: string[]): Promise<void> {
  const [place = path.startsWith(PREFIX) ? `http://127.0.0.1:${proxy.port}${PREFIX}/` : `${platform.url}/`] = places;
  const looks = async (page: Page) => {
    await look(page);
    await page.waitForLoadState("networkidle");
  };
  return browser.visit(new URL(path, place).href, looks, { places: [place, ...places] });
}

/** A CDN: fetches what it is asked for from the platform, with the headers of the browser. */
function asset(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  return fetch(behindCdn.url + pathname, {
    headers: { ...request.headers.toJSON(), host: new URL(behindCdn.url).host },
  });
}

/** One that nobody trusts. */
function certificate(): { key: string; cert: string } {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "-", "-out", "-"];
  const { exitCode, stdout, stderr } = Bun.spawnSync(["openssl", "req", "-x509", ...key, "-subj", "/CN=cdn"]);
  if (exitCode !== 0) throw new Error(String(stderr));
  return { key: String(stdout), cert: String(stdout) };
}

/** Unfolds a route and makes its form ready. */
async function open(page: Page, method: string, route: string): Promise<Locator> {
  const block = page.locator(`.opblock-${method.toLowerCase()}`).filter({
    has: page.locator(`.opblock-summary-path[data-path="${route}"]`),
  });
  await block.locator(".opblock-summary").click();
  await block.getByRole("button", { name: "Try it out" }).click();
  return block;
}

/** Sends the form and gives the JSON that the page shows for its 200. */
async function execute(block: Locator): Promise<unknown> {
  await block.getByRole("button", { name: "Execute" }).click();
  const live = block.locator(".live-responses-table .response");
  await expectVisible(live);
  const text = await live.locator(".response-col_description pre code").first().textContent();
  // A status that the document doesn't know is shown with a remark beside it.
  expect({ status: await live.locator(".response-col_status").textContent(), text }).toEqual({ status: "200", text });
  return JSON.parse(text ?? "");
}

async function expectVisible(locator: Locator): Promise<void> {
  await locator.waitFor({ state: "visible", timeout: 15_000 });
}
