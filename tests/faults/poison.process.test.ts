/**
 * A run that takes its whole process along, whatever holds it: after five processes it goes on in one of its own, and fails when
 * that has died five times. What was held beside it is charged with nothing, and the platform stays up.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import postgres from "postgres";
import { Client, type StepInput } from "../harness/http/client.ts";
import { Platform } from "../harness/platform.ts";
import { connectorSource, PlatformCopy } from "../harness/platform-copy.ts";
import { ownDeployment } from "../harness/processes.ts";
import { newDatabase } from "../harness/under-test.ts";
import { play } from "./deployment/folder.ts";
import { until } from "./load/waiting.ts";

const FILE = "tests/faults/poison.process.test.ts";
/** A run is alone after so many deaths of processes that held it, and fails after so many of its own. */
const DEATHS = 5;
/** Where messages bring runs, a process may die of one that nobody has claimed yet, and again when it comes again. */
const DEATHS_UNCLAIMED = 2;
const BYSTANDERS = 20;
const DEADLINE_MS = 90_000;
const LONGEST_MS = 200_000;

const KILL = "process.kill(process.pid, 'SIGKILL');";
const FETCH =
  "await tools.fetch({ url: config.url, method: 'GET', headers: [], ownHeaders: [], body: null, follow: 0 });";
const value: StepInput = { name: "before", type: "transform", config: { value: "${payload.n}" } };

let copy: PlatformCopy;
beforeAll(() => {
  copy = new PlatformCopy({
    kills: connectorSource("kills", "pure", `${KILL} for (;;) {}`),
    "kills-later": connectorSource("kills-later", "effect", `${FETCH} ${KILL} for (;;) {}`),
    grows: connectorSource(
      "grows",
      "pure",
      "for (const all = [];;) all.push(new Uint8Array(64 * 1024 * 1024).fill(1));",
    ),
    loops: connectorSource("loops", "pure", "for (;;) {}"),
  });
});
afterAll(() => copy.remove());

interface Row {
  uuid: string;
  workflow: string;
  status: string;
  error: string | null;
  crashes: number;
}

/** Of either database. */
const ROWS = `select uuid, workflow_id as workflow, status, error, coalesce(r.crashes, q.crashes) as crashes
  from workflow_runs r left join run_queue q on q.run_uuid = r.uuid`;

/** A kind of deployment: its settings, and how its rows are read. */
interface Kind {
  name: string;
  mostDeaths: number;
  open(): Promise<{ env: Record<string, string>; rows(platform: Platform): Promise<Row[]>; close(): Promise<void> }>;
}

const KINDS: Kind[] = [
  {
    name: "embedded",
    mostDeaths: DEATHS + 1,
    open: async () => ({
      env: {},
      async rows({ dataFolder }) {
        const database = new Database(join(dataFolder, "platform.db"), { readonly: true });
        try {
          // A start that takes up the log of the last one holds the lock meanwhile.
          database.run("pragma busy_timeout = 10000");
          return database.query<Row, []>(ROWS).all();
        } finally {
          database.close();
        }
      },
      close: async () => {},
    }),
  },
  {
    name: "PostgreSQL",
    mostDeaths: DEATHS + 1,
    open: async () => withPostgres({ DATABASE_URL: await newDatabase() }),
  },
  {
    name: "PostgreSQL and Kafka",
    mostDeaths: DEATHS + 1 + DEATHS_UNCLAIMED,
    open: async () => withPostgres(await ownDeployment(3)),
  },
];

function withPostgres(env: Record<string, string>): ReturnType<Kind["open"]> {
  const sql = postgres(env.DATABASE_URL ?? "", { max: 1, fetch_types: false, onnotice: () => {} });
  return Promise.resolve({
    env: { ...env, LEASE_SECONDS: "1" },
    rows: async () => Array.from(await sql.unsafe<Row[]>(ROWS)),
    close: () => sql.end(),
  });
}

/** Starts a platform again whenever it dies, until it is told to stop; counts the deaths. */
class Supervisor {
  deaths = 0;
  readonly #platform: Platform;
  readonly #supervising: Promise<void>;
  #isOver = false;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#supervising = this.#supervise();
  }

  async #supervise(): Promise<void> {
    for (;;) {
      await this.#platform.ended();
      if (this.#isOver) return;
      this.deaths++;
      // It may die again before it listens.
      await this.#platform.restart().catch(() => {});
    }
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await this.#platform.close();
    await this.#supervising;
  }
}

/** Answers no webhook before it is told to. */
class HoldingSink {
  /** The webhook-id of each that came. */
  readonly held = new Set<string>();
  readonly step: StepInput;
  /** An address that answers at once. */
  readonly quick: string;
  readonly #released = Promise.withResolvers<void>();
  readonly #server: Bun.Server<undefined>;

  constructor() {
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      idleTimeout: 0,
      fetch: async ({ url, headers }) => {
        if (url.endsWith("/quick")) return Response.json({});
        this.held.add(headers.get("webhook-id") ?? "");
        await this.#released.promise;
        return Response.json({});
      },
    });
    const { href } = this.#server.url;
    this.quick = `${href}quick`;
    // A webhook has 30 s.
    const retry = { on: ["timeout"], max_attempts: 9, initial_interval: 0.1 };
    this.step = { name: "held", type: "webhook", config: { url: href, method: "POST", body: {} }, retry };
  }

  release(): void {
    this.#released.resolve();
  }

  async close(): Promise<void> {
    this.release();
    await this.#server.stop(true);
  }
}

function testCase(name: string, work: () => Promise<void>): void {
  test(name, () => play(FILE, name, work), LONGEST_MS);
}

for (const { name: kind, mostDeaths, open } of KINDS) {
  testCase(`${kind}: a run that kills its process fails as crashed, and no other run is charged`, async () => {
    const sink = new HoldingSink();
    const { env, rows, close } = await open();
    const platform = await Platform.start({ root: copy.root, env });
    const supervisor = new Supervisor(platform);
    try {
      const api = () => new Client(platform.url);
      const good = await api().create([value, sink.step]);
      const bad: string[] = [];
      for (const type of ["kills", "kills-later"]) {
        bad.push(await api().create([value, { name: "bad", type, config: { url: sink.quick } }]));
      }
      const bystanders = await Promise.all(Array.from({ length: BYSTANDERS }, (_, n) => api().trigger(good, { n })));
      await until("every webhook is under way", DEADLINE_MS, () => bystanders.every((id) => sink.held.has(`${id}:1`)));
      for (const workflow of bad) {
        const before = supervisor.deaths;
        // The process may die before it answers.
        await api()
          .trigger(workflow, { n: 0 })
          .catch(() => {});
        const poison = async () => (await rows(platform)).filter((row) => row.workflow === workflow);
        await until("the run that kills has failed", DEADLINE_MS, async () => {
          const found = await poison();
          return found.length > 0 && found.every(({ status }) => status === "failed");
        });
        const deaths = supervisor.deaths - before;
        console.log(`poison, ${kind}: the process died ${deaths} times under a run that kills it`);
        expect(deaths).toBeLessThanOrEqual(mostDeaths);
        for (const row of await poison()) {
          const error = expect.stringMatching(/stopped after 5 threads in a row .*its process died/);
          expect<unknown>(row).toEqual({ ...row, error, crashes: DEATHS });
          const run = await api().untilEnded(row.uuid);
          expect(run.step("before")).toMatchObject({ status: "success" });
          expect(run.step("bad")).toMatchObject({ status: "failed", error });
        }
        // Another of its kind is alone at once.
        const again = await api().trigger(workflow, { n: 1 });
        expect((await api().untilEnded(again, DEADLINE_MS)).error).toMatch(/its process died/);
        expect(supervisor.deaths).toBe(before + deaths);
      }
      for (const row of (await rows(platform)).filter(({ workflow }) => workflow === good)) {
        expect<unknown>(row).toEqual({ ...row, crashes: 0, error: null });
      }
      const { deaths } = supervisor;
      sink.release();
      for (const id of bystanders) expect((await api().untilEnded(id, DEADLINE_MS)).status).toBe("success");
      expect((await api().run([value], { n: 1 })).status).toBe("success");
      expect(supervisor.deaths).toBe(deaths);
    } finally {
      await supervisor.close();
      await Promise.all([close(), sink.close()]);
    }
  });
}

testCase("a run that takes all memory fails and says so, and the platform stays up", async () => {
  const platform = await Platform.start({ root: copy.root });
  const supervisor = new Supervisor(platform);
  try {
    const api = new Client(platform.url);
    const run = await api.trigger(await api.create([value, { name: "bad", type: "grows", config: {} }]), { n: 0 });
    const error = expect.stringMatching(/stopped after 5 threads in a row .*it took more than \d+ MiB of memory/);
    const ended = await api.untilEnded(run, DEADLINE_MS);
    expect<unknown>({ status: ended.status, error: ended.error }).toEqual({ status: "failed", error });
    expect((await api.run([value], { n: 1 })).status).toBe("success");
    expect(supervisor.deaths).toBe(0);
  } finally {
    await supervisor.close();
  }
});

testCase("the process of a run that is alone ends with the platform, also while the run loops", async () => {
  const platform = await Platform.start({ root: copy.root });
  const processes = () =>
    Bun.spawnSync(["pgrep", "-f", join(copy.root, "workers/execution/process")])
      .stdout.toString()
      .trim();
  try {
    const api = new Client(platform.url);
    await api.trigger(await api.create([value, { name: "bad", type: "loops", config: {} }]), { n: 0 });
    await until("it is alone", DEADLINE_MS, () => processes() !== "");
    await Bun.sleep(1000);
    expect(processes()).not.toBe("");
    await platform.kill();
    await until("its process is gone", 5000, () => processes() === "");
  } finally {
    await platform.close();
  }
});
