import { expect, test } from "bun:test";
import { FORMATS } from "./formats.ts";

const TEXTS: Record<string, [good: string[], bad: string[]]> = {
  "date-time": [
    ["2030-01-31T08:00:00Z", "2030-01-31t08:00:00.123456+05:30", "2028-02-29T23:59:59-00:00"],
    ["2030-01-31", "2030-01-31T08:00:00", "2030-02-30T08:00:00Z", "2030-01-31T24:00:00Z", "2030-01-31T8:00:00Z", ""],
  ],
  date: [
    ["2030-12-31", "2028-02-29"],
    ["2030-02-29", "2030-13-01", "2030-00-10", "2030-1-1", "1900-02-29", "2030-12-31Z"],
  ],
  uuid: [
    ["01900000-0000-7000-8000-00000000000A"],
    ["01900000-0000-7000-8000-00000000000", "{}", "0190000000007000800000000000000a"],
  ],
  email: [
    ["a@b.example", "a.b+c@sub.b-c.example", "ü@b.example"],
    ["a", "@b", "a@", "a b@c.example", "a@b..c", "a@-b.example", `a@${"b.".repeat(200)}c`],
  ],
  uri: [
    ["https://a.example/b?c=%20#d", "urn:isbn:1", "mailto:a@b.example"],
    ["a.example", "/b", "https://a b", "https://a/%2", "http://ü.example", "1:a"],
  ],
  ipv4: [
    ["0.0.0.0", "255.255.255.255"],
    ["1.2.3", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "1.2.3.4.5"],
  ],
  ipv6: [
    ["::", "::1", "1::", "2001:db8::1", "1:2:3:4:5:6:7:8", "::ffff:10.0.0.1", "1:2:3:4:5:6:10.0.0.1"],
    [
      ":",
      ":::",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1::2::3",
      "10.0.0.1",
      "::10.0.0.1:1",
      "12345::",
      "::g",
      "1:2:3:4:5:6:7::8",
    ],
  ],
};

for (const [name, [good, bad]] of Object.entries(TEXTS)) {
  test(name, () => {
    const is = FORMATS.get(name) ?? (() => undefined);
    for (const text of good) expect([text, is(text)]).toEqual([text, true]);
    for (const text of bad) expect([text, is(text)]).toEqual([text, false]);
  });
}
