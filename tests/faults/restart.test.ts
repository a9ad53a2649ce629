/** Promise 11: a rolling restart is invisible. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import postgres from "postgres";
import { endPart, recordsIn } from "../../infrastructure/local/processes/parts.ts";
import { databaseUrl } from "../../infrastructure/local/services/postgres.ts";
import { addressesOf, portsFrom } from "../../infrastructure/local/services.ts";
import {
  type StackSettings,
  stackRestart,
  stackServices,
  stackSettings,
  stackUp,
} from "../../infrastructure/local/stack.ts";
import { Client, type StepInput } from "../harness/http/client.ts";
import { objectAt } from "../harness/http/json.ts";
import { basePortOf, frontPortOf, laneFolder } from "../harness/lane.ts";
import { SINKS } from "../harness/platform.ts";
import { PlatformProcess } from "../harness/processes.ts";
import { LedgerSink } from "../harness/sinks/ledger-sink.ts";
import { databaseOf } from "./deployment/deployment.ts";
import { play } from "./deployment/folder.ts";
import { Sink } from "./deployment/sink.ts";
import { Crowd } from "./load/crowd.ts";
import { Drains } from "./load/drains.ts";
import { makeKinds } from "./load/kinds.ts";
import { type RequestLine, readLedger } from "./load/ledger.ts";
import { Load } from "./load/load.ts";
import { until } from "./load/waiting.ts";

const FULL = process.env.TEST_SIZE === "full";
const FILE = "tests/faults/restart.test.ts";
const RESTARTS = FULL ? 20 : 1;
/** Of each kind. The only one has a deputy while it restarts, which nobody may see either. */
const PROCESSES = FULL ? 2 : 1;
const ENDS_MS = 30_000;
/** What a worker let fall would be taken up at the end of its lease. Four times the usual, so that a slow machine is not one. */
const LEASE_SECONDS = "120";
const LONGEST_MS = 30_000;
/** What a worker that ends waits for is 15 s at most: this webhook ends before, and the delay after. */
const SLOW_HOOK_MS = 6_000;
const DELAY_S = 18;
const AT_ONCE_MS = 10_000;
/** The clients that keep their connection send numbers from here on. */
const KEPT_FROM = 1_000_000;

setDefaultTimeout(FULL ? 2_400_000 : 300_000);

let settings: StackSettings;
beforeAll(async () => {
  settings = stackSettings({
    STACK_DIR: `.tools/${laneFolder("fault-stack")}`,
    STACK_PORT: String(frontPortOf("fault-stack")),
    STACK_BASE_PORT: String(basePortOf("fault-stack")),
    STACK_APIS: String(PROCESSES),
    STACK_WORKERS: String(PROCESSES),
  });
  await endPlatform();
  // What is set for us is set for the parts that we start.
  process.env.LEASE_SECONDS = LEASE_SECONDS;
  process.env.WEBHOOK_ALLOW = SINKS;
  await stackUp(settings);
});
afterAll(() => endPlatform());

const NAME = "restarting every API and worker under load is seen by no client and no run";
// At the same time: what ends in the other one waits most of the time.
test.concurrent(NAME, () =>
  play(FILE, NAME, async ({ folder, keepsLogsOf }) => {
    keepsLogsOf(settings);
    const url = `http://127.0.0.1:${settings.port}`;
    const sink = await Sink.start(folder);
    const sql = postgres(databaseUrl(settings.folder, portsFrom(settings.basePort).postgres), { max: 2 });
    try {
      const kinds = await makeKinds(new Client(url), sink);
      const load = new Load({ url: () => url, kinds, folder, perSecond: 40 });
      const kept = new Crowd({ urls: [url], connections: 16, kinds, folder, from: KEPT_FROM, pauseMs: 300 });
      const apis = [1, 2].map((number) => `http://127.0.0.1:${settings.basePort + number}`);
      const drains = new Drains(apis);
      const restarted: string[] = [];
      load.start();
      kept.start();
      for (let time = 0; time < RESTARTS; time++) await stackRestart(settings, (name) => restarted.push(name));
      await Promise.all([load.stop(), kept.stop(), drains.stop()]);

      const answers = readLedger<RequestLine>(join(folder, "load.ledger"));
      const runIds = answers.flatMap((line) => (line.kind === "answered" && line.runId !== null ? [line.runId] : []));
      const stored = () => sql<{ runs: number; ended: number; longest: number; numbers: number }[]>`
        select count(*)::integer as runs, count(completed_at)::integer as ended, count(distinct payload->>'n')::integer as numbers,
          coalesce(max(extract(epoch from completed_at - created_at) * 1000), 0)::integer as longest
        from workflow_runs where workflow_id = any(${kinds.map(({ workflow }) => workflow)})`;
      await until("every run has ended", ENDS_MS, async () => (await stored()).every((row) => row.ended === row.runs));
      const [all] = await stored();
      const drained = [...drains.seen].map(([, count]) => count);
      console.log(
        `restart: ${restarted.length} restarts; without keep-alive ${load}; with it ${kept}, ${kept.closedIdle} closed while idle;`,
        `the longest run took ${all?.longest} ms; /health/ready said that it ends ${drained.join(" and ")} times`,
      );
      expect([...load.refused]).toEqual([]);
      expect(kept.faults).toEqual([]);
      // One that is closed while nothing is owed on it might have had the next request on its way.
      expect(kept.closedIdle).toBe(0);
      expect([...kept.statuses.keys()]).toEqual([200]);
      expect(all).toEqual({
        runs: runIds.length,
        ended: runIds.length,
        numbers: runIds.length,
        longest: expect.any(Number),
      });
      expect(all?.longest).toBeLessThan(LONGEST_MS);
      const attempts = sink.attempts();
      expect(attempts.length).toBeGreaterThan(runIds.length / 2);
      expect(new Set(attempts.map(({ id }) => id)).size).toBe(attempts.length);
      expect(drains.faults).toEqual([]);
      expect([...drains.seen.keys()].sort()).toEqual(apis);
      expect(restarted.length).toBe(2 * PROCESSES * RESTARTS);
      expect(runIds.length).toBeGreaterThan(500 * RESTARTS);
    } finally {
      await sql.end();
      await sink.close();
    }
  }),
);

const ENDING = "what a worker that ends can't finish is another's at once";
test.concurrent(ENDING, () =>
  play(FILE, ENDING, async () => {
    const sink = new LedgerSink();
    const env = await ownDeployment();
    const api = await PlatformProcess.start("api", env);
    const ending = await PlatformProcess.start("worker", env);
    const running = [api, ending];
    try {
      const client = new Client(api.url);
      const hook = (path: string, afterMs: (attempt: number) => number) => ({
        name: "hook",
        type: "webhook",
        config: { url: sink.url(path, { afterMs }), method: "POST", body: { n: 1 } },
      });
      const trigger = async (count: number, step: StepInput) => {
        const workflow = await client.create([step]);
        return Promise.all(Array.from({ length: count }, () => client.trigger(workflow)));
      };
      const hanging = await trigger(
        20,
        hook("/hanging", (attempt) => (attempt === 0 ? 60_000 : 0)),
      );
      const slow = await trigger(
        5,
        hook("/slow", () => SLOW_HOOK_MS),
      );
      const asleep = await trigger(5, { name: "wait", type: "delay", config: { duration: DELAY_S } });
      await until("every webhook is under way", ENDS_MS, () => sink.attempts.size === hanging.length + slow.length);
      const signalledAt = performance.now();
      const gone = ending.end("SIGTERM");
      // Only now, so that the one that ends has had them all.
      running.push(await PlatformProcess.start("worker", env));
      await gone;
      const endedAt = Date.now();
      const goneMs = Math.round(performance.now() - signalledAt);
      const runs = await Promise.all([...hanging, ...slow, ...asleep].map((run) => client.untilEnded(run, ENDS_MS)));
      const again = hanging.map((run) => (sink.of(run, 0)[1]?.at ?? Number.POSITIVE_INFINITY) - endedAt);
      const late = runs.slice(-asleep.length).map(({ body }) => {
        const { started_at, completed_at } = objectAt(body, "step_results", "wait");
        return Date.parse(String(completed_at)) - Date.parse(String(started_at)) - DELAY_S * 1000;
      });
      console.log(
        `ending worker: gone after ${goneMs} ms with ${hanging.length} webhooks open;`,
        `sent again ${Math.max(...again)} ms after that at the latest; delays of ${DELAY_S} s ended ${Math.max(...late)} ms late`,
      );
      expect(runs.map(({ status }) => status)).toEqual(runs.map(() => "success"));
      expect(hanging.map((run) => sink.of(run, 0).length)).toEqual(hanging.map(() => 2));
      expect(slow.map((run) => sink.of(run, 0).length)).toEqual(slow.map(() => 1));
      expect(Math.max(...again)).toBeLessThan(AT_ONCE_MS);
      expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...late)).toBeLessThan(AT_ONCE_MS);
    } finally {
      await Promise.all(running.map((one) => one.end("SIGKILL")));
      await sink.close();
    }
  }),
);

/** A database, topics and a group of its own, on the services of the stack. */
async function ownDeployment(): Promise<Record<string, string>> {
  const services = addressesOf(settings.folder, stackServices(settings));
  const broker = new URL(`kafka://${services.kafka}`);
  const name = `faults_ending_${Date.now().toString(36)}`;
  const sql = postgres(services.postgres, { max: 1, onnotice: () => {} });
  await sql.unsafe(`create database ${name}`);
  await sql.end();
  return {
    DATABASE_URL: databaseOf(services.postgres, name),
    KAFKA_BOOTSTRAP_SERVERS: broker.host,
    KAFKA_SASL_USERNAME: broker.username,
    KAFKA_SASL_PASSWORD: broker.password,
    KAFKA_SASL_MECHANISM: "PLAIN",
    LEASE_SECONDS,
    KAFKA_CONSUMER_GROUP: name,
    KAFKA_TOPIC_WORKFLOW_TRIGGER: `${name}.trigger`,
    KAFKA_TOPIC_WORKFLOW_COMPLETED: `${name}.completed`,
  };
}

/** Ends what runs of the platform, ours or that of another test in this folder; the services stay. */
async function endPlatform(): Promise<void> {
  const { folder } = settings;
  const platform = recordsIn(folder).filter(({ name }) => /^(nginx|api-|worker-)/.test(name));
  await Promise.all(platform.map((record) => endPart(folder, { ...record, stop: { signal: "SIGTERM", seconds: 1 } })));
}
