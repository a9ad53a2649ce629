/** Which addresses the guard lets a webhook go to. */
import { describe, expect, test } from "bun:test";
import { StepFailure } from "../../../src/connectors/index.ts";
import { StartError } from "../../../src/errors.ts";
import { parseAllowList } from "./allow.ts";
import { Guard } from "./guard.ts";

/** Every name leads to these addresses. */
const leadingTo =
  (...addresses: string[]) =>
  async () =>
    addresses;

async function isLet(url: string, allow = "", resolve = leadingTo()): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const guard = new Guard(parseAllowList(allow), resolve);
  return guard.addressesOf(hostname, Number(port || 80)).then(
    () => true,
    (error) => {
      if (error instanceof StepFailure && error.code === "config") return false;
      throw error;
    },
  );
}

/** Of every range that is refused its first address and its last, or one within where its neighbours are refused as well. */
const REFUSED = [
  ...[
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.0",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
  ],
  ...[
    "169.254.0.0",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.255.255",
    "172.16.0.0",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
  ],
  ...[
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.0.0",
    "192.168.255.255",
    "192.175.48.1",
    "198.18.0.0",
  ],
  ...["198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"],
  ...["100.100.100.200", "168.63.129.16"],
  ...[
    "[::]",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:a00:1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:0:0]",
    "[0:0:0:0:0:ffff:7f00:1]",
  ],
  // Compatible, translated (SIIT), NAT64 of both prefixes, 6to4, Teredo; public IPv4 addresses in forms that no server has.
  ...[
    "[::127.0.0.1]",
    "[::8.8.8.8]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::10.0.0.1]",
    "[64:ff9b:1::8.8.8.8]",
  ],
  ...[
    "[64:ff9b::]",
    "[64:ff9b:0:0:0:1::1]",
    "[2002:7f00:1::]",
    "[2002:808:808::1]",
    "[2001::1]",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
  ],
  ...[
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fdff:ffff::1]",
    "[fe80::1]",
    "[febf::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[ff0e::1]",
    "[100::1]",
  ],
  ...[
    "[2001:2::1]",
    "[2001:10::1]",
    "[2001:20::1]",
    "[2001:db8::1]",
    "[2001:1ff::1]",
    "[3fff::1]",
    "[2620:4f:8000::1]",
    "[4000::1]",
  ],
  ...["[5f00::1]", "[8000::1]", "[1::1]"],
];

const LET = [
  ...[
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
  ],
  ...[
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.1",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
  ],
  ...[
    "198.20.0.0",
    "223.255.255.255",
    "[2606:4700:4700::1111]",
    "[2001:200::1]",
    "[2001:4860:4860::8888]",
    "[2400::1]",
    "[::ffff:8.8.8.8]",
  ],
  ...["[64:ff9b::8.8.8.8]", "[3ffe::1]", "[2003::1]"],
];

/** Ways to write 127.0.0.1 and 10.0.0.1 that are not the usual one. */
const SPELLINGS = [
  ...[
    "2130706433",
    "0x7f000001",
    "017700000001",
    "0x7f.1",
    "127.1",
    "127.0.1",
    "0177.0.0.1",
    "0x7f.0x0.0x0.0x1",
    "127.0.0.1.",
  ],
  ...["%31%32%37.0.0.1", "①②⑦.⓪.⓪.①", "１２７.0.0.1", "127。0。0。1", "0", "0x0a000001", "012.0.0.1", "10.1"],
];

describe("an address", () => {
  for (const host of REFUSED)
    test(`${host} is refused`, async () => expect(await isLet(`http://${host}/`)).toBeFalse());
  for (const host of LET) test(`${host} is let through`, async () => expect(await isLet(`http://${host}/`)).toBeTrue());
  for (const host of SPELLINGS) {
    test(`${host} is refused as what it means`, async () => expect(await isLet(`http://${host}/`)).toBeFalse());
  }
});

describe("a name", () => {
  const unbracketed = (host: string) => host.replace(/^\[(.*)\]$/, "$1");
  test("that leads to any refused address is refused", async () => {
    for (const host of REFUSED) {
      expect([host, await isLet("http://a.example/", "", leadingTo(unbracketed(host)))]).toEqual([host, false]);
    }
  });

  test("that leads to an address with a zone, or to none, is refused", async () => {
    expect(await isLet("http://a.example/", "", leadingTo("fe80::1%eth0"))).toBeFalse();
    expect(await isLet("http://a.example/", "", leadingTo())).toBeFalse();
    expect(await isLet("http://a.example/", "", leadingTo("not an address"))).toBeFalse();
  });

  test("that leads to good and bad addresses is connected to the good ones alone", async () => {
    const guard = new Guard([], leadingTo("10.0.0.1", "8.8.8.8", "::1", "2606:4700::1"));
    expect(await guard.addressesOf("a.example", 80)).toEqual(["8.8.8.8", "2606:4700::1"]);
  });

  test("is looked up once for all who ask at the same time, and again afterwards", async () => {
    let asked = 0;
    const guard = new Guard([], async () => [`8.8.8.${++asked}`]);
    const once = await Promise.all([guard.addressesOf("a.example", 80), guard.addressesOf("a.example.", 443)]);
    expect(once).toEqual([["8.8.8.1"], ["8.8.8.1"]]);
    expect(await guard.addressesOf("a.example", 80)).toEqual(["8.8.8.2"]);
  });
});

test("ports of other protocols are refused", async () => {
  for (const port of [1, 22, 25, 53, 110, 143, 465, 587, 636, 2049, 5060, 6000, 6667, 10_080]) {
    expect([port, await isLet(`http://8.8.8.8:${port}/`)]).toEqual([port, false]);
  }
  for (const port of [81, 443, 3000, 8080, 8443, 9000, 65_535]) {
    expect([port, await isLet(`http://8.8.8.8:${port}/`)]).toEqual([port, true]);
  }
});

test("every refusal has the same words", async () => {
  const guard = new Guard([], leadingTo("10.0.0.1"));
  const asked: [string, number][] = [
    ["127.0.0.1", 80],
    ["[::1]", 81],
    ["db.internal", 5432],
    ["8.8.8.8", 25],
  ];
  const refusals = await Promise.all(asked.map(([host, port]) => guard.addressesOf(host, port).catch(String)));
  expect(new Set(refusals).size).toBe(1);
  expect(String(refusals[0])).not.toMatch(/127|::1|internal|5432/);
});

describe("WEBHOOK_ALLOW", () => {
  const cases: [allow: string, url: string, isLet: boolean][] = [
    ["127.0.0.1:9000", "http://127.0.0.1:9000/", true],
    ["127.0.0.1:9000", "http://2130706433:9000/", true],
    ["127.0.0.1:9000", "http://[::ffff:127.0.0.1]:9000/", true],
    ["127.0.0.1:9000", "http://127.0.0.1:9001/", false],
    ["127.0.0.1:9000", "http://127.0.0.2:9000/", false],
    ["127.0.0.1", "http://127.0.0.1:1234/", true],
    ["127.0.0.1", "http://127.0.0.1:25/", false],
    ["127.0.0.1:25", "http://127.0.0.1:25/", true],
    ["8.8.8.8:25", "http://8.8.8.8:25/", true],
    ["10.0.0.0/8", "http://10.200.0.1/", true],
    ["10.0.0.0/8", "http://11.0.0.1/", true],
    ["10.0.0.0/8", "http://192.168.0.1/", false],
    ["10.0.0.0/8:443", "http://10.0.0.1:443/", true],
    ["10.0.0.0/8:443", "http://10.0.0.1/", false],
    ["[::1]:8080", "http://[::1]:8080/", true],
    ["[::1]:8080", "http://[::1]:8081/", false],
    ["[::1]:8080", "http://127.0.0.1:8080/", false],
    ["[::1]", "http://[::1]:1234/", true],
    ["::1/128", "http://[::1]:1234/", true],
    ["fd00::/8", "http://[fd12::1]/", true],
    ["fd00::/8", "http://[fe80::1]/", false],
    ["[fd00::]/8:81", "http://[fd12::1]:81/", true],
    ["0.0.0.0/0", "http://127.0.0.1/", true],
    ["0.0.0.0/0", "http://[::1]/", false],
    ["::/0", "http://[::1]/", true],
    ["::/0", "http://127.0.0.1/", false],
    ["a.internal", "http://a.internal/", true],
    ["A.Internal.", "http://a.internal./", true],
    ["a.internal", "http://b.internal/", false],
    ["a.internal", "http://10.0.0.1/", false],
    ["a.internal:81", "http://a.internal:81/", true],
    ["a.internal:81", "http://a.internal/", false],
    ["_hooks.a-b_.internal", "http://_hooks.a-b_.internal/", true],
    ["b.internal, 127.0.0.1,,a.internal", "http://a.internal/", true],
  ];
  for (const [allow, url, lets] of cases) {
    test(`${allow} ${lets ? "allows" : "does not allow"} ${url}`, async () => {
      expect(await isLet(url, allow, leadingTo("10.0.0.1"))).toBe(lets);
    });
  }

  const wrong = [
    "10.0.0.0/33",
    "::/129",
    "a b",
    "a.internal/8",
    "127.0.0.1:0",
    "127.0.0.1:70000",
    "http://a.internal",
    "[::1",
    "::1]:80",
  ];
  const unbracketed = ["::1:8080", "::1", "fd00::1", "2001:db8::8080", "::ffff:127.0.0.1", "fd00:1:2:3:4:5:6:7"];
  const nameless = ["-", "_", "-_", "-:80", "_.internal", "a.-", "a.-.internal", ".", "a..b"];
  for (const allow of [...wrong, ...unbracketed, ...nameless, "*", "*.internal", "a:b", "user@a", ":80", "/8"]) {
    test(`${allow} is refused with a sentence`, () => {
      expect(() => parseAllowList(`127.0.0.1,${allow}`)).toThrow(StartError);
    });
  }
});
