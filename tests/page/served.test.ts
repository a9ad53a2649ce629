/** How the page is served: to browsers, under a strict policy, its files packed and kept for ever. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { buildPage } from "../harness/browser/browser.ts";
import { Client } from "../harness/http/client.ts";
import { expectError, expectReply } from "../harness/http/expect.ts";
import { Platform } from "../harness/platform.ts";
import { PlatformCopy } from "../harness/platform-copy.ts";

const CDN = "https://cdn.example:8443";
let platform: Platform;
let behindCdn: Platform;
let api: Client;

beforeAll(async () => {
  buildPage();
  platform = await Platform.start();
  behindCdn = await Platform.start({ env: { ASSET_PREFIX: CDN } });
  api = new Client(platform.url);
});
afterAll(() => Promise.all([platform?.close(), behindCdn?.close()]));

const addressesOn = async (path: string, { url }: Platform) => {
  const { text } = await new Client(url).get(path);
  // The icon is within the page.
  return [...text.matchAll(/(?:src|href)="(?!data:)([^"]*)"/g)].map(([, address = ""]) => address);
};

test("the root leads browsers there, and greets everybody else", async () => {
  const accept = "text/html,application/xhtml+xml,*/*;q=0.8";
  const led = await api.send("GET", "/", { headers: { accept } });
  expect([led.status, led.headers.get("location"), led.headers.get("vary")]).toEqual([303, "ui", "Accept"]);
  for (const other of ["*/*", "application/json", "application/json, text/html", ""]) {
    const reply = await api.send("GET", "/", { headers: { accept: other } });
    expectReply(reply, 200, { message: "Hello World" });
    expect(reply.headers.get("vary")).toBe("Accept");
  }
});

test("whatever comes behind /ui is the page, asked for each time, under a policy that lets nothing else in", async () => {
  for (const path of ["/ui", "/ui/", "/ui/runs", "/ui/workflows/a%2Fb/edit"]) {
    const reply = await api.get(path);
    expectReply(reply, 200);
    expect(reply.headers.get("cache-control")).toBe("no-cache");
    const policy = reply.headers.get("content-security-policy") ?? "";
    expect(policy.replace(/'nonce-[\w+/=]{24}'/, "NONCE")).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self' NONCE; img-src 'self' data:; font-src 'self'; " +
        "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
  }
  const nonces = await Promise.all([api.get("/ui"), api.get("/ui")]);
  const [one, other] = nonces.map(({ headers }) => headers.get("content-security-policy"));
  expect(one).not.toBe(other ?? null);
  expectError(await api.send("POST", "/ui/runs"), 405);
});

test("its files come packed as the reader takes them, and may be kept for a year", async () => {
  for (const address of await addressesOn("/ui", platform)) {
    const lengths = new Map<string | null, number>();
    for (const [accepted, coding] of [
      ["gzip, deflate, br, zstd", "br"],
      ["gzip;q=0.5", "gzip"],
      ["br;q=0, GZIP", "gzip"],
      ["identity", null],
      ["", null],
    ] as const) {
      const headers = { "accept-encoding": accepted };
      const reply = await fetch(new URL(address, `${platform.url}/ui`), { headers, decompress: false });
      lengths.set(coding, (await reply.bytes()).length);
      expect([reply.status, reply.headers.get("content-encoding")]).toEqual([200, coding]);
      expect(reply.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(reply.headers.get("vary")).toBe("Accept-Encoding");
    }
    expect(address).toMatch(/^\.\/ui\/assets\/[\w.]+-\w{8,10}\.(js|css)$/);
    if (address.includes("main")) expect(lengths.get("gzip")).toBeLessThan(lengths.get(null) ?? 0);
  }
});

test("a file of another version is 404, which no cache keeps", async () => {
  for (const name of ["main-00000000.js", "manifest.json", "..%2fmanifest.json", "main.js", "main-00000000.js.gz"]) {
    const reply = await api.get(`/ui/assets/${name}`);
    expectError(reply, 404, "Not Found");
    expect([name, reply.headers.get("cache-control")]).toEqual([name, "no-store"]);
  }
});

test("behind a CDN its files are named there, and the policy lets them in", async () => {
  const own = (await addressesOn("/ui/runs/x", platform)).map((address) => address.replace("../../ui", ""));
  expect(await addressesOn("/ui/runs/x", behindCdn)).toEqual(own.map((path) => `${CDN}/ui${path}`));
  const policy = (await new Client(behindCdn.url).get("/ui")).headers.get("content-security-policy");
  expect(policy).toContain(`script-src 'self' ${CDN};`);
  // Requests and workers stay with the platform.
  expect(policy).toContain("connect-src 'self'; worker-src 'self';");
});

test("before it is built it says how to build it", async () => {
  const copy = new PlatformCopy({});
  const fresh = await Platform.start({ root: copy.root });
  const reply = await new Client(fresh.url).get("/ui/runs");
  expect([reply.status, reply.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"]);
  expect(reply.text).toContain("make install");
  await fresh.close();
  copy.remove();
});
