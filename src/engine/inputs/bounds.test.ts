/** What of an input is not shown, and how much of one is computed. */
import { expect, test } from "bun:test";
import { acts } from "../steps/played.fixture.ts";
import { gives, holds, inputOf, played, stored } from "./inputs.fixture.ts";

test("passwords and headers that prove who somebody is are not shown", () => {
  const headers = {
    Authorization: "Bearer ${payload.key}",
    "x-api-key": "${payload.key}",
    Cookie: "a=b",
    "x-trace": "${payload.n}",
  };
  const config = {
    method: "POST",
    url: "https://user:${payload.key}@example.com/${payload.n}?q=${payload.n}",
    headers,
    body: "${payload.n}",
  };
  const steps = [holds("w", "webhook", config), acts("e")];
  const payload = { key: "s3cret", n: "a b" };
  const input = inputOf(stored(played([acts("e")]), steps, payload, "log"), "0");
  expect(JSON.stringify(input)).not.toContain("s3cret");
  expect(input?.config).toEqual({
    method: "POST",
    url: "https://***@example.com/a%20b?q=a%20b",
    headers: { Authorization: "***", "x-api-key": "***", Cookie: "***", "x-trace": "a b" },
    body: "a b",
  });
});

test("of headers with other names for a secret nothing is shown, nor of what may be a user in a text that is no address", () => {
  const names = ["Ocp-Apim-Subscription-Key", "x-functions-key", "AccessToken", "X-CSRF", "X-Session-Id", "X-Pin"];
  const shown = ["Idempotency-Key", "X-Author", "X-Pinned"];
  const headers = Object.fromEntries([...names, ...shown].map((name) => [name, "${payload.key}"]));
  const inputFor = (url: string) => {
    const steps = [holds("w", "webhook", { method: "POST", url: "${payload.url}", headers }), acts("e")];
    return JSON.stringify(inputOf(stored(played([acts("e")]), steps, { key: "k3y", url }, "log"), "0")?.config);
  };
  expect(inputFor("https://host/").split("k3y").length - 1).toBe(shown.length);
  for (const url of [
    "ftp://bob:pw@host/",
    "bob:pw@host/",
    " http://bob:pw@host/",
    "ht\ttp://bob:pw@host",
    "http:\\bob:pw@host",
  ]) {
    expect(inputFor(url)).not.toContain("pw");
  }
});

test("behind what is too large, and behind much that fails, nothing is computed", () => {
  const many = (text: string) => [
    gives(
      "a",
      Array.from({ length: 90 }, () => text),
    ),
  ];
  const codes = (text: string, payload: object) => {
    const input = inputOf(stored(played([acts("e")]), many(text), { ...payload }, "log"), "0");
    return input?.unknown?.map(({ code }) => code);
  };
  const large = codes("${payload.text}", { text: "x".repeat(300_000) });
  expect(large).toEqual(Array.from({ length: 84 }, () => "failed"));
  const costly = codes("${{ int(payload.text) }}", { text: "x" });
  expect(costly?.filter((code) => code === "failed").length).toBe(20);
  expect(costly?.filter((code) => code === "too_costly").length).toBe(70);
});

test("what is computed costs no more than the engine allows", () => {
  const dear = "${{ range(300).map(a, range(300).size()).size() }}";
  const steps = [
    gives(
      "a",
      Array.from({ length: 40 }, () => dear),
    ),
  ];
  const codes = inputOf(stored(played([acts("e")]), steps, {}, "log"), "0")?.unknown?.map(({ code }) => code) ?? [];
  expect(new Set(codes)).toEqual(new Set(["too_costly"]));
});
