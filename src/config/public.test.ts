import { describe, expect, test } from "bun:test";
import { StartError } from "../errors.ts";
import { assetPrefixOf, corsOriginsOf, publicHostsOf } from "./public.ts";

test("hosts are written as clients write them", () => {
  expect(publicHostsOf("")).toEqual([]);
  const list = " Flows.Example. ,,10.0.0.7,[2001:DB8:0::7], münchen.example,api_1,";
  const hosts = ["flows.example", "10.0.0.7", "[2001:db8::7]", "xn--mnchen-3ya.example", "api_1"];
  expect(publicHostsOf(list)).toEqual(hosts);
});

test("origins are written as browsers write them", () => {
  expect(corsOriginsOf("")).toEqual([]);
  const list = "https://App.example/, http://localhost:3000,https://x.example:443,http://[::1]:80";
  expect(corsOriginsOf(list)).toEqual([
    "https://app.example",
    "http://localhost:3000",
    "https://x.example",
    "http://[::1]",
  ]);
});

test("a prefix of assets is an https origin or a path", () => {
  const prefixes = [
    "",
    " /static/ ",
    "/flows/v1.2/~a",
    "https://CDN.example/",
    "https://cdn.example:8443",
    "https://c:443",
  ];
  expect(prefixes.map(assetPrefixOf)).toEqual([
    ...["", "/static", "/flows/v1.2/~a"],
    ...["https://cdn.example", "https://cdn.example:8443", "https://c"],
  ]);
});

describe("refused with one sentence that repeats nothing of it", () => {
  const wrong = ["*", "secret/path", "u:secret@h", "a b", "a?secret"];
  for (const entry of [...wrong, "h:80", "http://h", "::1", "[::1", "*.example", "[x]"]) {
    test(`host ${entry}`, () => {
      const read = () => publicHostsOf(`one,${entry}`);
      expect(read).toThrow(StartError);
      expect(read).toThrow(/^PUBLIC_HOSTS: entry 2 is no host; /);
      expect(read).not.toThrow("secret");
    });
  }
  for (const entry of [
    ...wrong,
    "null",
    "app.example",
    "https://",
    "https://h/secret",
    "https://u:secret@h",
    "https://h?secret",
    "https://h/#secret",
    "https://*.h",
    "ftp://h",
    "file:///secret",
    "chrome-extension://x",
  ]) {
    test(`origin ${entry}`, () => {
      const read = () => corsOriginsOf(`https://one,${entry}`);
      expect(read).toThrow(StartError);
      expect(read).toThrow(/^CORS_ORIGINS: entry 2 is no origin; /);
      expect(read).not.toThrow("secret");
    });
  }
  for (const prefix of [
    ...["/", "//secret.example", "static", "/a/../secret", "/.", "/a b", "/a?secret", '/"', "/a//b", "/a%2fb"],
    ...[
      "http://cdn.example",
      "https://",
      "https://h/secret",
      "https://u:secret@h",
      "https://h?secret",
      "https://h;secret",
    ],
    ...[
      "https://*.h",
      "https://h,secret",
      "https://[::1]",
      "https://h'secret'",
      "data:secret",
      "https://h https://secret",
    ],
  ]) {
    test(`prefix ${prefix}`, () => {
      const read = () => assetPrefixOf(prefix);
      expect(read).toThrow(StartError);
      expect(read).toThrow(/^ASSET_PREFIX is neither an https origin nor a path; /);
      expect(read).not.toThrow("secret");
    });
  }
});
