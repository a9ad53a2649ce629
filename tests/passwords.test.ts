/**
 * Passwords are nowhere but where they are needed: every setting that may hold one holds a canary, is broken in every way,
 * and nothing that a process prints, and no command line, has the canary. The same with real services, over HTTP, through
 * kill -9 and a restart.
 */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { recordsIn } from "../infrastructure/local/processes/parts.ts";
import { servicesUp } from "../infrastructure/local/services.ts";
import { SECRETS } from "../src/config/settings.ts";
import { loadConfig } from "../src/config.ts";
import { StartError } from "../src/errors.ts";
import { Client } from "./harness/http/client.ts";
import { Platform, REPOSITORY } from "./harness/platform.ts";
import { newDatabase } from "./harness/under-test.ts";

setDefaultTimeout(120_000);

const CANARY = "cAnArY5309";
const PROGRAMS = ["src/main.ts", "src/server.ts", "workers/main.ts"];
const AT_ONCE = 3;
const START_DEADLINE_MS = 20_000;
/** Where the services of tests are. */
const servicesFolder = () => resolve(process.env.SERVICES_DIR ?? join(REPOSITORY, ".tools/services"));
/** What a process says that has read its settings and goes on. */
const GOES_ON = /waiting for PostgreSQL|"listening"|"working"/;
const ON = {
  POSTGRES_HOST: "127.0.0.1",
  POSTGRES_PORT: "1",
  KAFKA_BOOTSTRAP_SERVERS: "127.0.0.1:1",
  REDIS_HOST: "127.0.0.1",
  OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
};

const folder = mkdtempSync(join(tmpdir(), "passwords-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A setting as it should be, given the password. */
const SETTINGS: Record<string, (password: string) => string> = {
  POSTGRES_PASSWORD: (password) => password,
  REDIS_PASSWORD: (password) => password,
  KAFKA_SASL_PASSWORD: (password) => password,
  DATABASE_URL: (password) => `postgres://u:${password}@127.0.0.1:1/d`,
  MIGRATE_DATABASE_URL: (password) => `postgres://u:${password}@127.0.0.1:1/d`,
  REDIS_URL: (password) => `redis://:${password}@127.0.0.1:1/0`,
  WEBHOOK_PROXY: (password) => `http://u:${password}@127.0.0.1:1`,
  OTEL_EXPORTER_OTLP_HEADERS: (password) => `authorization=Bearer ${password}`,
};

/** Ways to set one: what the environment gets. */
type Way = (name: string, value: (password: string) => string) => Record<string, string>;
let files = 0;
const fileWith = (content: string | Uint8Array) => {
  const path = join(folder, `secret-${++files}`);
  writeFileSync(path, content);
  return path;
};
const WAYS: Record<string, Way> = {
  "as it should be, with nobody there": (name, value) => ({ [name]: value(CANARY) }),
  "in a file": (name, value) => ({ [`${name}_FILE`]: fileWith(`${value(CANARY)}\n`) }),
  "in a file of two lines": (name, value) => ({ [`${name}_FILE`]: fileWith(`${value(CANARY)}\n${CANARY}\n`) }),
  "in a file that is no text": (name, value) => ({
    [`${name}_FILE`]: fileWith(Buffer.from(`\xff${value(CANARY)}`, "latin1")),
  }),
  "in place of the file": (name, value) => ({ [`${name}_FILE`]: value(CANARY) }),
  "twice, with the file": (name, value) => ({ [name]: value(CANARY), [`${name}_FILE`]: fileWith(value(CANARY)) }),
  "with a line break": (name, value) => ({ [name]: value(`${CANARY}\n${CANARY}`) }),
  "with a percent sign": (name, value) => ({ [name]: value(`${CANARY}%zz${CANARY}`) }),
  "with #, / and ? as they are": (name, value) => ({ [name]: value(`${CANARY}#${CANARY}/${CANARY}?${CANARY}`) }),
  "cut off": (name, value) => ({ [name]: value(`${CANARY}`).split("@")[0] ?? "" }),
  "with another scheme": (name, value) => ({ [name]: value(CANARY).replace(/^\w+:/, "ftp:") }),
  "with a port that is none": (name, value) => ({ [name]: value(CANARY).replace(":1", ":99999") }),
  "with two hosts": (name, value) => ({ [name]: value(CANARY).replace("127.0.0.1:1", "127.0.0.1:1,127.0.0.1:2") }),
  "with a parameter": (name, value) => ({ [name]: `${value(CANARY)}?${CANARY}=${CANARY}` }),
};

test("every setting that may hold a password is tried here", () => {
  expect(Object.keys(SETTINGS)).toEqual(expect.arrayContaining([...SECRETS]));
});

const tried = SECRETS.flatMap((name, row) =>
  Object.entries(WAYS).map(([way, make], column) => {
    const env = { ...ON, ...make(name, SETTINGS[name] ?? String) };
    return {
      title: `${name} ${way}`,
      env,
      diagonal: (row * 5 + column) % 7 === 0,
      program: PROGRAMS[column % 3] ?? "",
    };
  }),
);

test("a canary in a setting, broken in every way, is in no sentence", () => {
  let refused = 0;
  for (const { title, env } of tried) {
    try {
      loadConfig(env);
    } catch (error) {
      refused++;
      expect([title, error]).toEqual([title, expect.any(StartError)]);
      expect([title, String(error)]).toEqual([title, expect.stringMatching(/^[^\n]+$/)]);
      expect([title, String(error)]).toEqual([title, expect.not.stringContaining(CANARY)]);
    }
  }
  expect(refused).toBeGreaterThan(tried.length / 2);
  expect(refused).toBeLessThan(tried.length);
});

test("nor is it in what a program prints, and on no command line", async () => {
  const every = process.env.TEST_SIZE === "full";
  // Of a start that takes a second there are fourteen at least; all at full size.
  const cases = tried.flatMap(({ title, env, diagonal, program }) =>
    (every ? PROGRAMS : diagonal ? [program] : []).map((one) => ({ title: `${one}: ${title}`, program: one, env })),
  );
  const refused: string[] = [];
  const told: string[] = [];
  const queue = [...cases];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { title, program, env } = next;
        const { printed, commandLines, ended } = await outputOf(program, env);
        if (ended) {
          refused.push(title);
          // One sentence, and no stack.
          expect([title, printed]).toEqual([title, expect.stringMatching(/^[^\n]+\n$/)]);
        }
        if (`${printed}${commandLines}`.includes(CANARY)) told.push(`${title}: ${printed}`);
      }
    }),
  );
  expect(told).toEqual([]);
  expect(refused.length).toBeGreaterThan(SECRETS.length / 2);
  expect(refused.length).toBeLessThan(cases.length);
});

/** All that a program prints until it ends, or has read its settings and is killed. */
async function outputOf(
  program: string,
  env: Record<string, string>,
): Promise<{ printed: string; commandLines: string; ended: boolean }> {
  const { PATH = "", HOME = "" } = process.env;
  const child = Bun.spawn(["bun", program], {
    cwd: REPOSITORY,
    env: { PATH, HOME, PORT: "0", DATA_DIR: join(folder, "data"), LOG_LEVEL: "trace", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const impatient = setTimeout(() => child.kill("SIGKILL"), START_DEADLINE_MS);
  let [printed, commandLines] = ["", ""];
  const read = async (stream: ReadableStream<Uint8Array>) => {
    for await (const chunk of stream) {
      printed += Buffer.from(chunk).toString();
      if (!GOES_ON.test(printed) || commandLines !== "") continue;
      commandLines = allCommandLines();
      child.kill("SIGKILL");
    }
  };
  await Promise.all([read(child.stdout), read(child.stderr)]);
  await child.exited;
  clearTimeout(impatient);
  return { printed, commandLines, ended: commandLines === "" };
}

/** The command line of every process of this machine that is still there when it is read. */
function allCommandLines(): string {
  const read = Bun.spawnSync(["sh", "-c", "cat /proc/[0-9]*/cmdline"], { stderr: "ignore" });
  return read.stdout.toString();
}

test("with real services, the passwords in use are in no output, answer, result, log or command line", async () => {
  const { redis } = await servicesUp(["postgres", "redis"]);
  const DATABASE_URL = await newDatabase();
  const passwords = [DATABASE_URL, redis].map((address) => /:([^:@/]+)@/.exec(address)?.[1] ?? "");
  for (const password of passwords) expect(password.length).toBeGreaterThan(7);
  const env = { DATABASE_URL, REDIS_URL: redis, WEBHOOK_PROXY: `http://u:${CANARY}@127.0.0.1:1`, LOG_LEVEL: "trace" };
  const platform = await Platform.start({ env });
  const seen: string[] = [];
  try {
    for (let round = 0; round < 2; round++) {
      const api = new Client(platform.url);
      const hook = { name: "hook", type: "webhook", config: { url: "http://127.0.0.1:2/", method: "POST" } };
      const run = await api.untilEnded(await api.trigger(await api.create([hook])));
      expect(run.status).toBe("failed");
      seen.push(JSON.stringify(run));
      for (const path of ["/health/ready", "/", "/api/v1/runs", "/api/v1/workflows/none", "/api/v1/openapi.json"]) {
        seen.push(JSON.stringify(await api.get(path)));
      }
      seen.push(JSON.stringify(await api.post("/api/v1/workflows", { name: "\u0000" })), allCommandLines());
      // Wrong ones: the services say why they do not let anybody in.
      await platform.restart(round === 0 ? { REDIS_URL: redis.replace(/:[^:@/]+@/, `:${CANARY}@`) } : {});
    }
  } finally {
    await platform.close();
  }
  const wrong = await outputOf("src/main.ts", { DATABASE_URL: DATABASE_URL.replace(/:[^:@/]+@/, `:${CANARY}@`) });
  expect(wrong).toMatchObject({ ended: true, printed: expect.stringMatching(/^PostgreSQL can't be used [^\n]+\n$/) });
  const services = recordsIn(servicesFolder()).flatMap((record) => [
    JSON.stringify(record),
    readFileSync(record.log, "utf8"),
  ]);
  expect(services.length).toBeGreaterThan(0);
  const printed = [...platform.logs.map(({ text }) => text), platform.stderr, wrong.printed, ...seen, ...services].join(
    "\n",
  );
  for (const secret of [...passwords, CANARY]) {
    expect(
      printed
        .split("\n")
        .filter((line) => line.includes(secret))
        .map((line) => line.slice(0, 300)),
    ).toEqual([]);
  }
});
