import { describe, expect, test } from "bun:test";
import { StartError } from "../errors.ts";
import { hostOf } from "./address.ts";
import { type PostgresAddress, placeOf, postgresAddress } from "./postgres.ts";
import { type RedisAddress, redisAddress } from "./redis.ts";

const POSTGRES: PostgresAddress = {
  host: "",
  port: 5432,
  user: "postgres",
  password: "",
  database: "workflow",
  tls: { mode: "disable", ca: null },
  applicationName: "workflow-platform",
  options: "",
};
const REDIS: RedisAddress = { host: "", port: 6379, username: null, password: null, db: 0, tls: false };
const postgres = (text: string) => postgresAddress("DATABASE_URL", text, POSTGRES);
const redis = (text: string) => redisAddress("REDIS_URL", text, REDIS);

/** Passwords as they are typed, and every one percent-encoded. */
const PASSWORDS = [
  "#",
  "%",
  "/",
  "@",
  ":",
  "?",
  "&",
  "=",
  " ",
  '"',
  "'",
  "\\",
  "+",
  "[",
  "]",
  "é",
  "😀",
  "a%20b",
  "p@:/?#%",
];

describe("passwords", () => {
  for (const password of PASSWORDS) {
    test(`${JSON.stringify(password)} percent-encoded`, () => {
      const authority = `u:${encodeURIComponent(password)}@h`;
      expect(postgres(`postgres://${authority}:1/d`)).toMatchObject({ password, user: "u", host: "h", port: 1 });
      expect(redis(`redis://${authority}:1/2`)).toMatchObject({ password, username: "u", host: "h", port: 1, db: 2 });
    });
  }

  for (const password of ["@", "a@b", ":", "a:b", " ", '"', "'", "&", "=", "é", "😀", "[", "\\"]) {
    test(`${JSON.stringify(password)} as it is, since it can mean nothing else`, () => {
      expect(postgres(`postgres://u:${password}@h/d`)).toMatchObject({ password, host: "h", database: "d" });
      expect(redis(`redis://:${password}@h`)).toMatchObject({ password, host: "h" });
    });
  }
});

describe("places", () => {
  const cases: [text: string, gives: Partial<PostgresAddress>, place: string][] = [
    ["postgres://h", { host: "h", port: 5432, user: "postgres", database: "workflow" }, "h:5432/workflow"],
    ["postgresql://h:1/d", { host: "h", port: 1, database: "d" }, "h:1/d"],
    ["postgres://h:/", { host: "h", port: 5432 }, "h:5432/workflow"],
    ["postgres://u@h", { user: "u", password: "" }, "h:5432/workflow"],
    ["postgres://127.0.0.1:65535/d", { host: "127.0.0.1", port: 65_535 }, "127.0.0.1:65535/d"],
    ["postgres://u:p@[::1]/d", { host: "::1", password: "p" }, "[::1]:5432/d"],
    ["postgres://u:p@[fe80::1%25eth0]:5/d", { host: "fe80::1%eth0", port: 5 }, "[fe80::1%eth0]:5/d"],
    [
      "postgres://db_1.example.com./a%2Fb",
      { host: "db_1.example.com.", database: "a/b" },
      "db_1.example.com.:5432/a/b",
    ],
    ["postgres://u:p@%2Fvar%2Frun%2Fpostgresql/d", { host: "/var/run/postgresql" }, "/var/run/postgresql/d"],
    ["postgres:///d?host=/var/run/postgresql", { host: "/var/run/postgresql" }, "/var/run/postgresql/d"],
  ];
  for (const [text, gives, place] of cases) {
    test(text, () => {
      expect(postgres(text)).toMatchObject(gives);
      expect(placeOf(postgres(text))).toBe(place);
    });
  }

  test("of Redis", () => {
    expect(redis("rediss://[::1]:7/3")).toEqual({ ...REDIS, host: "::1", port: 7, db: 3, tls: true });
    expect(redis("redis://h/")).toEqual({ ...REDIS, host: "h" });
  });
});

describe("parameters", () => {
  test("those that are understood", () => {
    const all = "sslmode=require&application_name=a%20b&options=-c%20geqo%3Doff&channel_binding=prefer";
    expect(postgres(`postgres://h/d?${all}`)).toMatchObject({
      tls: { mode: "require", ca: null },
      applicationName: "a b",
      options: "-c geqo=off",
    });
    for (const mode of ["disable", "prefer", "require", "verify-ca", "verify-full"]) {
      expect(String(postgres(`postgres://h?sslmode=${mode}`).tls.mode)).toBe(mode);
    }
    expect(postgres("postgres://h?sslrootcert=system&sslmode=require").tls).toEqual({ mode: "verify-full", ca: null });
    const file = import.meta.path;
    expect(postgres(`postgres://h?sslmode=require&sslrootcert=${file}`).tls).toMatchObject({ mode: "verify-ca" });
    expect(postgres(`postgres://h?sslrootcert=${file}`).tls.ca).toContain("those that are understood");
  });
});

describe("refused with one sentence that repeats nothing of it", () => {
  const cases: [text: string, sentence: string][] = [
    ["postgres://u:SECRET", "is not an address"],
    ["postgres://u:SECRET@", "one host"],
    ["postgres://u:SECRET@/d", "one host"],
    ["http://u:SECRET@h/d", "has to begin with postgres://"],
    ["SECRET", "is not an address"],
    ["postgres:/u:SECRET@h/d", "is not an address"],
    ["postgres://u:SE#CRET@h/d", "%23 for #"],
    ["postgres://u:SECRET#@h/d", "%23 for #"],
    ["postgres://u:SECRET/x@h/d", "is not an address"],
    ["postgres://u:p@SECRET/x@h/d", "is not an address"],
    ["postgres://u:SECRET?x@h/d", "is not an address"],
    ["postgres://u:1?SECRET@h", "a parameter"],
    ["postgres://u:SECRET%@h/d", "%25"],
    ["postgres://u:SECRET%zz@h/d", "%25"],
    ["postgres://u:SECRET%ff@h/d", "%25"],
    ["postgres://u:SECRET@h:99999/d", "port"],
    ["postgres://u:SECRET@h:0/d", "port"],
    ["postgres://u:SECRET@h:x/d", "is not an address"],
    ["postgres://u:SECRET@one,two/d", "one host"],
    ["postgres://u:SECRET@one:1,two:2/d", "one host"],
    ["postgres://u:SECRET@::1/d", "brackets"],
    ["postgres://u:SECRET@[::1/d", "is not an address"],
    ["postgres://u:SECRET@[::g]/d", "is not an address"],
    ["postgres://u:SECRET@[127.0.0.1]/d", "is not an address"],
    ["postgres://u:SECRET@h h/d", "is not an address"],
    ["postgres://u:SECRET@h/d\n", "control character"],
    ["postgres://u:SECRET%0a@h/d", "control character"],
    ["postgres://u:SECRET@h/d?sslmode=SECRET", "sslmode that is none of disable"],
    ["postgres://u:SECRET@h/d?sslmode=allow", "sslmode that is none of disable"],
    ["postgres://u:SECRET@h/d?sslrootcert=/none/SECRET", "sslrootcert that can't be read (ENOENT)"],
    ["postgres://u:SECRET@h/d?channel_binding=require", "channel_binding, which is not supported"],
    ["postgres://u:SECRET@h/d?target_session_attrs=primary", "the parameter target_session_attrs"],
    ["postgres://u:SECRET@h/d?sslcert=x", "the parameter sslcert"],
    ["postgres://u:p@h/d?SECRET=1", "a parameter"],
    ["postgres://u:p@h/d?SECRET", "a parameter"],
    ["postgres://u:SECRET@h/d?host=/tmp", "one host"],
    ["postgres:///d?host=SECRET", "one host"],
  ];
  for (const [text, sentence] of cases) test(JSON.stringify(text), () => expectRefused(() => postgres(text), sentence));

  const caches: [text: string, sentence: string][] = [
    ["http://:SECRET@h", "has to begin with redis://"],
    ["redis://:SECRET@h/x", "number of a database"],
    ["redis://:SECRET@h/1?family=6", "parameters"],
    ["redis://:SECRET@h:99999", "port"],
    ["redis://:SECRET@one,two", "one host"],
    ["redis://:SECRET@%2Frun%2Fredis", "one host"],
    ["redis://:SECRET@", "one host"],
    ["redis://:SEC/RET@h", "is not an address"],
  ];
  for (const [text, sentence] of caches) test(text, () => expectRefused(() => redis(text), sentence));
});

function expectRefused(read: () => unknown, sentence: string): void {
  let error: unknown = null;
  try {
    read();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(StartError);
  expect(String(error)).toContain(sentence);
  expect(String(error)).toMatch(/^Error: (DATABASE|REDIS)_URL [^\n]+$/);
  expect(String(error)).not.toMatch(/SECRET|SEC\b|SE#/);
}

test("hosts", () => {
  for (const host of ["h", "a.b", "a-b_c", "1.2.3.4", "::", "::1", "fe80::1%eth0", "::ffff:1.2.3.4"]) {
    expect(hostOf(host)).toBe(host);
  }
  expect(hostOf("[::1]")).toBe("::1");
  const none = [
    "",
    " ",
    "a b",
    "a:1",
    "a,b",
    "-a",
    "a/",
    "[a]",
    "[1.2.3.4]",
    "[::1",
    "::1]",
    "::g",
    "ä",
    "a".repeat(300),
  ];
  for (const text of none) expect(hostOf(text)).toBe(null);
});
