/** Pages of others can't have the reader's browser do anything here. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { expectError } from "../harness/http/expect.ts";
import { listAt } from "../harness/http/json.ts";

const ui = pageUnderTest();
let stranger: Bun.Server<undefined>;

beforeAll(async () => {
  stranger = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () =>
      new Response("<!doctype html><title>of others</title><p>here", { headers: { "content-type": "text/html" } }),
  });
});
afterAll(async () => {
  await stranger?.stop(true);
});

const here = () => `http://127.0.0.1:${stranger.port}/`;
const visit = (look: (page: Page) => Promise<void>) =>
  ui.browser.visit(here(), look, {
    places: [here(), `${ui.url}/`],
    expected: /403|blocked|ERR_|frame|favicon|failed:/i,
  });

test("a page of another origin starts no run: neither by a form nor by a request that it can't read", async () => {
  const workflow = await ui.api.create([{ name: "a", type: "transform", config: { value: 1 } }]);
  const body = JSON.stringify({ workflow_id: workflow });
  await visit(async (page) => {
    const sent = await page.evaluate(`
      fetch("${ui.url}/api/v1/trigger", { method: "POST", mode: "no-cors", body: new Blob([${JSON.stringify(body)}]) })
        .then(({ type }) => type)`);
    expect(sent).toBe("opaque");
    await page.evaluate(`
      const form = document.createElement("form");
      form.method = "POST"; form.enctype = "text/plain"; form.action = "${ui.url}/api/v1/trigger";
      const field = document.createElement("input");
      field.name = ${JSON.stringify(body.slice(0, -1))} + ',"x":"'; field.value = '"}';
      form.append(field); document.body.append(form); form.submit();`);
    await page.getByText("cross_site").waitFor();
  });
  expect(listAt((await ui.api.get("/api/v1/runs")).body, "items")).toEqual([]);
});

test("nor does one whose own name is made to lead here", async () => {
  const workflow = await ui.api.create([{ name: "a", type: "transform", config: { value: 1 } }]);
  const headers = { host: "evil.example", "content-type": "application/json" };
  const reply = await ui.api.send("POST", "/api/v1/trigger", {
    body: JSON.stringify({ workflow_id: workflow }),
    headers,
  });
  expectError(reply, 421);
  expect(listAt((await ui.api.get("/api/v1/runs")).body, "items")).toEqual([]);
});

test("nor can it show the page in a frame of its own, but it may link to it", async () => {
  await visit(async (page) => {
    await page.evaluate(`
      const frame = document.createElement("iframe");
      frame.src = "${ui.url}/ui"; document.body.append(frame);
      new Promise((resolve) => { frame.onload = resolve; })`);
    expect(page.frames().map((frame) => frame.url())).not.toContain(`${ui.url}/ui`);
    await page.evaluate(`
      const link = document.createElement("a");
      link.href = "${ui.url}/ui/runs"; link.textContent = "there"; document.body.append(link);`);
    await page.getByText("there").click();
    await page.getByRole("heading", { name: "Runs" }).waitFor();
  });
});
