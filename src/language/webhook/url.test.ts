import { describe, expect, test } from "bun:test";
import { splitText } from "../placeholder.ts";
import { faultOfTemplate, joinUrl, shownUrl, splitCredentials } from "./url.ts";

/** The template with its placeholders replaced by the values, in order. */
function join(template: string, ...values: string[]): string | { fault: string } {
  return joinUrl(splitText(template).fixed, values);
}

describe("what a placeholder brings stays where it stands", () => {
  const joined: [template: string, values: string[], url: string][] = [
    ["http://host/a/${x}/b", ["1"], "http://host/a/1/b"],
    ["http://host/a/${x}/b", ["a/b?c#d"], "http://host/a/a%2Fb%3Fc%23d/b"],
    ["http://host/${x}", ["\\..\\@evil.test"], "http://host/%5C..%5C%40evil.test"],
    ["http://host/${x}", ["é 🚚\r\n"], "http://host/%C3%A9%20%F0%9F%9A%9A%0D%0A"],
    ["http://host/${x}", ["%2e%2e"], "http://host/%252e%252e"],
    ["http://host/a${x}", ["..."], "http://host/a..."],
    ["http://host/${x}/${y}", ["", ""], "http://host//"],
    ["http://host/?q=${x}&r=${y}#${z}", ["a&b=c", "../..", ".."], "http://host/?q=a%26b%3Dc&r=..%2F..#.."],
    ["http://host?${x}", ["/../a"], "http://host?%2F..%2Fa"],
    ["http://host\\${x}", ["a/b"], "http://host\\a%2Fb"],
    ["http://${x}:${y}@host/", ["bob", "p@ss/w:rd"], "http://bob:p%40ss%2Fw%3Ard@host/"],
    ["https://${x}.example.com/", ["eu-1.shop"], "https://eu-1.shop.example.com/"],
    ["https://shop${x}-a.example.com/", ["7"], "https://shop7-a.example.com/"],
    ["https://${x}:${y}/${z}", ["api.example.com", "8443", "in"], "https://api.example.com:8443/in"],
    ["https://api.${x}", ["example.com"], "https://api.example.com"],
    ["http://host/$${x}/${y}", ["1"], "http://host/${x}/1"],
    ["http://host/..", [], "http://host/.."],
  ];
  for (const [template, values, url] of joined) {
    test(`${template} with ${JSON.stringify(values)}`, () => expect(join(template, ...values)).toBe(url));
  }
});

describe("what a placeholder can't bring", () => {
  const refused: [template: string, values: string[], fault: RegExp][] = [
    ["${x}://host/", ["http"], /scheme or host/],
    ["${x}/path", ["http://evil.test"], /scheme or host/],
    ["http${x}//host/", ["s:"], /scheme or host/],
    ["http:/${x}/", ["/evil.test"], /scheme or host/],
    ["http:///${x}/", ["evil.test"], /scheme or host/],
    ["http://\\${x}/", ["evil.test"], /scheme or host/],
    ...["a@evil.test", "evil.test/", "evil.test?", "evil.test#", "e:1", "[::1]", "a b", "é", "%2f", "e\\"].map(
      (value): [string, string[], RegExp] => ["http://${x}.host.test/", [value], /host of a url/],
    ),
    ["http://host.test${x}/", [".evil.test"], /host of a url/],
    ["http://host.test${x}./", [".evil.test"], /host of a url/],
    ["http://host${x}${y}/", ["a", "b"], /host of a url/],
    ["http://host:${x}/", ["80@evil.test"], /host of a url/],
    ["http://host:80${x}/", [".evil.test"], /host of a url/],
    ["http://host/a/${x}/b", [".."], /path/],
    ["http://host/a/${x}", ["."], /path/],
    ["http://host/a/.${x}/", ["."], /path/],
    ["http://host/a/%2e${x}/", ["."], /path/],
    ["http://host/a/${x}${y}\\b", [".", "."], /path/],
    ["http://host/a/${x}.?q", ["."], /path/],
    ["http://host/a/${x}${y}#", ["", ".."], /path/],
  ];
  for (const [template, values, fault] of refused) {
    test(`${template} with ${JSON.stringify(values)}`, () => {
      expect(join(template, ...values)).toEqual({ fault: expect.stringMatching(fault) });
    });
  }
});

describe("a definition's address", () => {
  for (const url of [
    "${payload.url}",
    "https://${payload.host}:8443/${payload.path}?q=${payload.q}",
    "HTTP://a",
    "http://[::1]:80/${x}",
  ]) {
    test(`${url} is one`, () => expect(faultOfTemplate(url)).toBeNull());
  }
  for (const url of [
    "",
    "ftp://a",
    "http:/a",
    "http://",
    "http://a b/",
    "http://a\n/",
    "${a}${b}",
    "${a}/b",
    "http://host${x}/",
    "http://?${x}",
  ]) {
    test(`${JSON.stringify(url)} is none`, () => expect(faultOfTemplate(url)).toBeString());
  }
  test("of 8,192 characters and as many openings is judged at once", () => {
    expect(faultOfTemplate(`http://host/${"${".repeat(4090)}`)).toBeNull();
    expect(faultOfTemplate(`http://${"${a}.".repeat(1600)}b`)).toBeNull();
  });
});

test("each part of an address is looked at once, in its host and its credentials too", () => {
  const brought = Array.from({ length: 30_000 }, () => "a");
  const parts = (between: string, end: string) => ["http://", ...brought.slice(1).map(() => between), end];
  expect(joinUrl(parts(".", "/"), brought)).toHaveLength("http:///".length + 59_999);
  expect(joinUrl(parts(":", "@host/"), brought)).toHaveLength("http://@host/".length + 59_999);
});

describe("credentials in an address", () => {
  const split: [url: string, rest: string, credentials: string | null][] = [
    ["http://bob:s3cret@host/a?b", "http://host/a?b", "bob:s3cret"],
    ["http://bob@host:81/", "http://host:81/", "bob:"],
    ["http://:p@host/", "http://host/", ":p"],
    ["http://b%40b:p%3A%C3%A9@host/", "http://host/", "b@b:p:é"],
    ["http://a%zz:b@host/", "http://host/", "a%zz:b"],
    ["http://a@b:c@host/", "http://host/", "a@b:c"],
    ["http:///bob:s3cret@host/a", "http://host/a", "bob:s3cret"],
    ["https://\\\\bob:s3cret@host/a@b", "https://host/a@b", "bob:s3cret"],
    ["http://host/a@b", "http://host/a@b", null],
    ["http:////host/a@b", "http:////host/a@b", null],
  ];
  for (const [url, rest, credentials] of split) {
    test(`${url} are sent as a header and not shown`, () => {
      const authorization = credentials === null ? null : `Basic ${Buffer.from(credentials).toString("base64")}`;
      expect(splitCredentials(url)).toEqual({ url: rest, authorization });
      expect(shownUrl(url)).toBe(credentials === null ? url : url.replace(/[^/\\]*@(?=host)/, "***@"));
    });
  }
});
