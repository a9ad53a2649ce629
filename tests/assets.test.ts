/** The assets of the page of `/docs`: kept for ever under names that change with them, by a CDN too (ASSET_PREFIX). */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client } from "./harness/http/client.ts";
import { expectError, expectReply } from "./harness/http/expect.ts";
import { Platform, startRefused } from "./harness/platform.ts";

const CDN = "https://cdn.example:8443";
const TYPES: Record<string, string> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  png: "image/png",
};
const POLICY = "content-security-policy";
const NAMES = ["favicon-32x32.png", "start.js", "swagger-ui-bundle.js", "swagger-ui.css"];

let platform: Platform;
let behindCdn: Platform;
let behindPath: Platform;
beforeAll(async () => {
  platform = await Platform.start();
  behindCdn = await Platform.start({ env: { ASSET_PREFIX: `${CDN}/` } });
  behindPath = await Platform.start({ env: { ASSET_PREFIX: "/static/v1" } });
});
afterAll(() => Promise.all([platform?.close(), behindCdn?.close(), behindPath?.close()]));

/** The addresses of what the page loads. */
async function addressesOn(page: string, { url }: Platform): Promise<string[]> {
  const reply = await new Client(url).get(page);
  expectReply(reply, 200);
  return [...reply.text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address ?? "");
}

const nameIn = (address: string) => address.split("/").at(-1) ?? "";

test("each has ten characters of its content's hash in its name, and may be kept for a year", async () => {
  const addresses = await addressesOn("/docs", platform);
  const names = addresses.map((address) => nameIn(address).replace(/-[\da-f]{10}(?=\.)/, ""));
  expect(names.toSorted()).toEqual(NAMES);
  for (const address of addresses) {
    const reply = await fetch(new URL(address, `${platform.url}/docs`));
    const hash = new Bun.CryptoHasher("sha256")
      .update(await reply.bytes())
      .digest("hex")
      .slice(0, 10);
    expect(nameIn(address)).toContain(`-${hash}.`);
    expect([reply.status, Object.fromEntries(reply.headers)]).toEqual([
      200,
      expect.objectContaining({
        "content-type": TYPES[address.split(".").at(-1) ?? ""],
        "cache-control": "public, max-age=31536000, immutable",
        "cross-origin-resource-policy": "cross-origin",
      }),
    ]);
  }
});

test("every process has the same names, and the page with them is asked for each time", async () => {
  const names = (await addressesOn("/docs", platform)).map(nameIn);
  for (const other of [behindCdn, behindPath]) expect((await addressesOn("/docs", other)).map(nameIn)).toEqual(names);
  expect((await addressesOn("/docs/", platform)).map(nameIn)).toEqual(names);
  expect((await new Client(platform.url).get("/docs")).headers.get("cache-control")).toBe("no-cache");
});

test("an unknown hash is 404, which no cache keeps", async () => {
  const api = new Client(platform.url);
  const [known = ""] = (await addressesOn("/docs", platform)).map(nameIn);
  const others = ["0123456789", "", "0", "constructor"].map((hash) => known.replace(/(?<=-)[\da-f]{10}(?=\.)/, hash));
  for (const name of [...others, ...NAMES, known.toUpperCase(), `${known}x`]) {
    const reply = await api.get(`/docs/assets/${name}`);
    expectError(reply, 404, "Not Found");
    expect([name, reply.headers.get("cache-control")]).toEqual([name, "no-store"]);
  }
});

test("pages of other origins may load them, as they do from a CDN that passes their headers on", async () => {
  const [address = ""] = await addressesOn("/docs", platform);
  const headers = { "sec-fetch-site": "cross-site", origin: "https://app.example" };
  expectReply(await new Client(platform.url).send("GET", `/${address}`, { headers }), 200);
});

test("ASSET_PREFIX comes before them, and the page's policy names it where it is an origin", async () => {
  const names = (await addressesOn("/docs", platform)).map(nameIn);
  for (const page of ["/docs", "/docs/"]) {
    for (const [other, prefix] of [
      [behindCdn, CDN],
      [behindPath, "/static/v1"],
    ] as const) {
      expect(await addressesOn(page, other)).toEqual(names.map((name) => `${prefix}/docs/assets/${name}`));
    }
  }
  const policyOf = async ({ url }: Platform) => (await new Client(url).get("/docs")).headers.get(POLICY);
  const own =
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";
  expect([await policyOf(platform), await policyOf(behindPath)]).toEqual([own, own]);
  expect(await policyOf(behindCdn)).toBe(own.replace(/(?<=(script|style|img)-src 'self')/g, ` ${CDN}`));
});
test("they are where a CDN fetches them: at the API itself", async () => {
  const names = (await addressesOn("/docs", behindCdn)).map(nameIn);
  for (const name of names) expectReply(await new Client(behindCdn.url).get(`/docs/assets/${name}`), 200);
});

test("an ASSET_PREFIX that is none ends the start with a sentence", async () => {
  const { exitCode, stderr } = await startRefused({ env: { ASSET_PREFIX: "http://cdn.example" } });
  expect(exitCode).toBe(1);
  expect(stderr).toBe(
    "ASSET_PREFIX is neither an https origin nor a path; write https://host, https://host:port or /path\n",
  );
});
