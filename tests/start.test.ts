/** How the platform starts, what it prints, and how it refuses to start. */
import { Database } from "bun:sqlite";
import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { Platform, REPOSITORY, type Refusal, startRefused } from "./harness/platform.ts";

/** Generous, because other tests may share the machine: how fast it really is, the bench says. */
const FIRST_ANSWER_MS = 5_000;
const STEPS = [{ name: "a", type: "transform", config: { value: "${payload.n}" } }];

// A start that is wrongly not refused is given up after 15 s, and then says what it printed.
setDefaultTimeout(30_000);

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "start-test-"));
  cleanUps.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function started(options: Parameters<typeof Platform.start>[0]): Promise<Platform> {
  const platform = await Platform.start(options);
  cleanUps.push(() => platform.close());
  return platform;
}

/** A port that is free now. */
function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

describe("a start", () => {
  test("answers /health soon, for the first time on an empty folder and again on a used one", async () => {
    const dataFolder = folder();
    for (const what of ["an empty folder", "a used folder"]) {
      const port = freePort();
      const start = performance.now();
      const starting = started({ dataFolder, env: { PORT: String(port) } });
      const answer = await firstAnswer(`http://127.0.0.1:${port}/health`, start + FIRST_ANSWER_MS);
      const took = performance.now() - start;
      console.log(`first /health on ${what}: ${Math.round(took)} ms after the process start`);
      expect(answer).toEqual({ status: "ok" });
      expect(took).toBeLessThan(FIRST_ANSWER_MS);
      await (await starting).stop();
    }
  });

  test("prints one line of JSON for machines, and the same for people", async () => {
    const dataFolder = folder();
    const platform = await started({ dataFolder });
    expectReply(await new Client(platform.url).get("/health"), 200);
    const lines = platform.logs.map(({ fields }) => fields);
    const listening = lines.filter(({ msg }) => msg === "listening");
    const docs = `${platform.url}/docs`;
    expect(listening).toEqual([
      expect.objectContaining({ address: platform.url, docs, mode: "embedded", data: dataFolder }),
    ]);
    expect(platform.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    for (const text of [platform.url, docs, "embedded", dataFolder]) expect(platform.stderr).toContain(text);
    // Nothing but JSON objects on stdout.
    expect(lines.map((fields) => typeof fields.msg)).toEqual(lines.map(() => "string"));
    expect(platform.complaints()).toEqual([]);
  });

  test("takes DATA_DIR, however deep, and makes the folders", async () => {
    const dataFolder = join(folder(), "a", "b c", "é");
    await started({ dataFolder });
    expect(existsSync(dataFolder)).toBe(true);
  });
});

async function firstAnswer(url: string, deadline: number): Promise<unknown> {
  for (;;) {
    try {
      return await (await fetch(url)).json();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await Bun.sleep(2);
    }
  }
}

describe("bun, known by its path alone", () => {
  const run = (...words: string[]) =>
    Bun.spawn([process.execPath, ...words], {
      cwd: REPOSITORY,
      env: { PATH: "/usr/bin:/bin", PORT: "0", DATA_DIR: folder() },
      stdio: ["ignore", "pipe", "pipe"],
    });

  test("starts the platform", async () => {
    const started = run("start");
    for await (const chunk of started.stdout) {
      if (Buffer.from(chunk).toString().includes('"listening"')) started.kill("SIGTERM");
    }
    expect(await started.exited).toBe(0);
  });

  // What the programs themselves say without what they need.
  for (const [script, says] of [
    ["api", "`bun run api` needs PostgreSQL"],
    ["worker", "`bun run worker` needs PostgreSQL"],
    ["bench nothing", "there is no scenario nothing"],
  ] as const) {
    test(`runs ${script}`, async () => {
      expect(await new Response(run("run", ...script.split(" ")).stderr).text()).toContain(says);
    });
  }
});

describe("STORAGE=memory", () => {
  test("works and leaves no file", async () => {
    const parent = folder();
    const platform = await started({ dataFolder: join(parent, "data"), env: { STORAGE: "memory" } });
    const run = await new Client(platform.url).run(STEPS, { n: 7 });
    expect(run.output("a")).toEqual({ type: "transform", value: 7 });
    expect(readdirSync(parent)).toEqual([]);
    expect(await platform.stop()).toBe(0);
    expect(readdirSync(parent)).toEqual([]);
    expect(platform.stderr).toContain("memory");
    expect(platform.complaints()).toEqual([]);
  });
});

describe("after kill -9", () => {
  test("the folder is free at once and holds what was stored", async () => {
    const platform = await started({ dataFolder: folder() });
    const runs: string[] = [];
    for (let n = 0; n < 5; n++) {
      const api = new Client(platform.url);
      const { uuid } = await api.run(STEPS, { n });
      runs.push(uuid);
      await platform.restart();
      for (const run of runs) expect((await new Client(platform.url).untilEnded(run)).status).toBe("success");
    }
    expect(platform.complaints()).toEqual([]);
  });
});

describe("a start that is killed before it listens", () => {
  test("leaves a folder that the next one can use", async () => {
    const dataFolder = folder();
    const { PATH = "" } = process.env;
    for (let ms = 40; ms <= 200; ms += 20) {
      const child = Bun.spawn(["bun", "src/main.ts"], {
        cwd: REPOSITORY,
        env: { PATH, PORT: "0", DATA_DIR: dataFolder },
        stdio: ["ignore", "ignore", "ignore"],
      });
      await Bun.sleep(ms);
      child.kill("SIGKILL");
      await child.exited;
    }
    const platform = await started({ dataFolder });
    const run = await new Client(platform.url).run(STEPS, { n: 1 });
    expect(run.status).toBe("success");
    expect(platform.complaints()).toEqual([]);
  });
});

describe("a start is refused with one sentence", () => {
  const settings = [
    { env: { PORT: "abc" }, names: "PORT" },
    { env: { PORT: "65536" }, names: "PORT" },
    // Not a free port, which is what 0 asks for.
    { env: { PORT: "0.5" }, names: "PORT" },
    { env: { STORAGE: "disk" }, names: "STORAGE" },
    { env: { SQLITE_SYNCHRONOUS: "OFF" }, names: "SQLITE_SYNCHRONOUS" },
    { env: { WORKER_THREADS: "0" }, names: "WORKER_THREADS" },
    { env: { WORKER_MAX_IN_FLIGHT: "many" }, names: "WORKER_MAX_IN_FLIGHT" },
    { env: { LEASE_SECONDS: "0" }, names: "LEASE_SECONDS" },
    { env: { LOG_LEVEL: "loud" }, names: "LOG_LEVEL" },
  ];
  for (const { env, names } of settings) {
    test(`for ${Object.entries(env).flat().join("=")}`, async () => {
      expectOneSentence(await startRefused({ dataFolder: folder(), env }), names);
    });
  }

  test("when the port is taken", async () => {
    const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    cleanUps.push(() => listener.stop(true));
    const refusal = await startRefused({ dataFolder: folder(), env: { PORT: String(listener.port) } });
    expectOneSentence(refusal, String(listener.port));
  });

  test("when another platform has the port, which goes on", async () => {
    const platform = await started({ dataFolder: folder() });
    const { port } = new URL(platform.url);
    expectOneSentence(await startRefused({ dataFolder: folder(), env: { PORT: port } }), port);
    expectReply(await new Client(platform.url).get("/health"), 200, { status: "ok" });
  });

  test("when HOST is not of this machine", async () => {
    expectOneSentence(await startRefused({ dataFolder: folder(), env: { HOST: "192.0.2.1" } }), "192.0.2.1");
  });

  // A path below a regular file: not even root can make a folder there.
  for (const below of ["", "data"]) {
    test(`when DATA_DIR is ${below === "" ? "" : "below "}a regular file`, async () => {
      const file = join(folder(), "file");
      writeFileSync(file, "not a folder");
      const dataFolder = join(file, below);
      expectOneSentence(await startRefused({ dataFolder }), dataFolder);
    });
  }

  test("when another process has the folder, which goes on", async () => {
    const dataFolder = folder();
    const platform = await started({ dataFolder });
    expectOneSentence(await startRefused({ dataFolder }), dataFolder);
    const run = await new Client(platform.url).run(STEPS, { n: 1 });
    expect(run.status).toBe("success");
    expect(platform.complaints()).toEqual([]);
  });

  test("when platform.db is no database, which is left as it was", async () => {
    const dataFolder = folder();
    const file = join(dataFolder, "platform.db");
    const text = "A text that someone put here by mistake.\n";
    writeFileSync(file, text);
    expectOneSentence(await startRefused({ dataFolder }), file);
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  test("when the database is of a newer version, which is left as it was", async () => {
    const dataFolder = folder();
    await (await started({ dataFolder })).stop();
    const file = join(dataFolder, "platform.db");
    const database = new Database(file, { strict: true });
    database.run("insert into schema_migrations values (9999, '9999_later', 'abc', 0)");
    database.close();
    expectOneSentence(await startRefused({ dataFolder }), "newer version");
    const after = new Database(file, { readonly: true });
    expect(after.query("select version, name from schema_migrations where version > 9000").all()).toEqual([
      { version: 9999, name: "9999_later" },
    ]);
    after.close();
  });
});

/** One line, one sentence that names what is wrong, and nothing else anywhere. */
function expectOneSentence({ exitCode, stdout, stderr }: Refusal, names: string): void {
  expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 1, stdout: "", stderr: expect.stringContaining(names) });
  expect(stderr).toMatch(/^[A-Z][^\n]{10,400}\n$/);
  expect(stderr).not.toMatch(/\bError\b|\bat .*\.ts:\d+|undefined|\[object/);
}
