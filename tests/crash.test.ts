/**
 * Kills the platform in the middle of triggers and their runs, again and again: every trigger that was answered with
 * 200 ends exactly once, as if nothing had been, and no webhook is sent again once its step was known to have ended.
 */
import { expect, test } from "bun:test";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crashKinds, faultOf, type Kind } from "./harness/crash-workflows.ts";
import { allRuns, hasEnded, timeAt, untilAllEnded } from "./harness/http/all-runs.ts";
import { Client } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { at, numberAt, textAt } from "./harness/http/json.ts";
import type { Reply } from "./harness/http/reply.ts";
import { Platform, REPOSITORY } from "./harness/platform.ts";
import { LedgerSink } from "./harness/sinks/ledger-sink.ts";

const FULL = process.env.TEST_SIZE === "full";
const KILLS = FULL ? 20 : 3;
const TRIGGERS_PER_KILL = FULL ? 5_000 : 1_000;
const TRIGGERS = KILLS * TRIGGERS_PER_KILL;
const CLIENTS = 32;
const READERS = 3;
const SHOWN = 10;

interface Kill {
  at: number;
  sent: number;
  answered: number;
  restartMs: number;
}

/** What the clients know of a run: it got its 200. */
interface Accepted {
  n: number;
  answeredAt: number;
}

/** A load of triggers and reads that goes on while the platform is killed and started again under it. */
class Rehearsal {
  readonly accepted = new Map<string, Accepted>();
  readonly kills: Kill[] = [];
  /** When a read had shown a webhook step as ended, by webhook-id. */
  readonly knownEnded = new Map<string, number>();
  /** What a read showed of a run that had ended. */
  readonly endings = new Map<string, string>();
  broken = 0;
  readonly #platform: Platform;
  readonly #kinds: Kind[];
  #workflows: string[] = [];
  #sent = 0;
  #recent: string[] = [];
  #up: Promise<void> = Promise.resolve();
  #over = false;

  constructor(platform: Platform, kinds: Kind[]) {
    this.#platform = platform;
    this.#kinds = kinds;
  }

  kindOf(n: number): Kind {
    const kind = this.#kinds[n % this.#kinds.length];
    if (kind === undefined) throw new Error("there are no kinds");
    return kind;
  }

  async play(): Promise<void> {
    for (const { steps } of this.#kinds) this.#workflows.push(await this.#api.create(steps));
    const readers = Array.from({ length: READERS }, () => this.#read());
    const killer = this.#killAll();
    try {
      await Promise.all([...Array.from({ length: CLIENTS }, () => this.#trigger()), killer]);
    } finally {
      this.#over = true;
      // A restart under way would leave a process behind that nobody ends.
      await Promise.allSettled([killer]);
    }
    await Promise.all(readers);
  }

  get #api(): Client {
    return new Client(this.#platform.url);
  }

  /** A kill comes somewhere in the middle of every so many triggers. */
  async #killAll(): Promise<void> {
    for (let kill = 0; kill < KILLS; kill++) {
      const when = (kill + 0.05 + 0.9 * Math.random()) * TRIGGERS_PER_KILL;
      while (this.#sent < when && !this.#over) await Bun.sleep(1);
      if (this.#over) return;
      const up = Promise.withResolvers<void>();
      this.#up = up.promise;
      const start = Date.now();
      const record = { at: start, sent: this.#sent, answered: this.accepted.size, restartMs: 0 };
      this.kills.push(record);
      await this.#platform.restart();
      record.restartMs = Date.now() - start;
      up.resolve();
    }
  }

  async #trigger(): Promise<void> {
    while (this.#sent < TRIGGERS) {
      const n = this.#sent++;
      const body = { workflow_id: this.#workflows[n % this.#workflows.length], payload: { n } };
      const reply = await this.#request(() => this.#api.post("/api/v1/trigger", body));
      if (reply === null) {
        this.broken++;
        continue;
      }
      expectReply(reply, 200);
      const runId = textAt(reply.body, "run_id");
      this.accepted.set(runId, { n, answeredAt: Date.now() });
      if (this.kindOf(n).webhooks.size > 0) this.#recent = [...this.#recent.slice(-499), runId];
    }
  }

  /** Reads what was triggered of late, and writes down what must stay true from then on. */
  async #read(): Promise<void> {
    while (!this.#over) {
      await Bun.sleep(1);
      const runId = this.#recent[Math.floor(Math.random() * this.#recent.length)];
      const { n } = this.accepted.get(runId ?? "") ?? {};
      if (runId === undefined || n === undefined) continue;
      const reply = await this.#request(() => this.#api.get(`/api/v1/runs/${runId}`));
      if (reply === null) continue;
      expectReply(reply, 200);
      for (const [path, name] of this.kindOf(n).webhooks) {
        const status = at(reply.body, "step_results", name, "status");
        const id = `${runId}:${path}`;
        if ((status === "success" || status === "failed") && !this.knownEnded.has(id)) {
          this.knownEnded.set(id, Date.now());
        }
      }
      if (hasEnded(reply.body) && !this.endings.has(runId)) this.endings.set(runId, reply.text);
    }
  }

  /** The reply; null where a kill took it. A connection that is lost without a kill is a fault of the platform. */
  async #request(send: () => Promise<Reply>): Promise<Reply | null> {
    await this.#up;
    const sentAt = Date.now();
    try {
      return await send();
    } catch (error) {
      if ((this.kills.at(-1)?.at ?? 0) < sentAt) throw error;
      return null;
    }
  }
}

/** Reads every run and says what is wrong with it, with its webhooks, or with there being none or two of it. */
async function faults(rehearsal: Rehearsal, api: Client, sink: LedgerSink): Promise<string[]> {
  const wrong: string[] = [];
  const missing = new Set(rehearsal.accepted.keys());
  const numbers = new Set<number>();
  const interrupted = rehearsal.kills.map(() => 0);
  for await (const run of allRuns(api)) {
    const runId = textAt(run, "uuid");
    const n = numberAt(run, "payload", "n");
    const blame = (what: string | null) => {
      if (what !== null) wrong.push(`${runId} (n ${n}): ${what}; it is ${JSON.stringify(run)}`);
    };
    blame(numbers.has(n) ? "another run has the same n" : null);
    numbers.add(n);
    // Runs whose answer was lost are not in the ledger; they have been accepted all the same.
    missing.delete(runId);
    const kind = rehearsal.kindOf(n);
    blame(faultOf(run, kind.expected(n)));
    const ending = rehearsal.endings.get(runId);
    const asRead: unknown = ending === undefined ? run : JSON.parse(ending);
    blame(Bun.deepEquals(asRead, run) ? null : `a read had shown it ended as ${ending}`);
    for (const path of kind.webhooks.keys()) blame(webhookFault(rehearsal, sink, runId, path, n));
    const answeredAt = rehearsal.accepted.get(runId)?.answeredAt ?? Number.POSITIVE_INFINITY;
    for (const [index, kill] of rehearsal.kills.entries()) {
      if (answeredAt < kill.at && timeAt(run, "completed_at") > kill.at)
        interrupted[index] = (interrupted[index] ?? 0) + 1;
    }
  }
  for (const runId of missing) wrong.push(`${runId} got its 200 and is gone`);
  for (const [index, count] of interrupted.entries()) {
    if (count === 0) wrong.push(`kill ${index} interrupted no run: the test has shown nothing`);
  }
  console.log(
    `runs interrupted by each kill: ${interrupted.join(", ")}; runs whose answer was lost: ${numbers.size - rehearsal.accepted.size}`,
  );
  return wrong;
}

function webhookFault(rehearsal: Rehearsal, sink: LedgerSink, runId: string, path: number, n: number): string | null {
  const attempts = sink.of(runId, path);
  if (attempts.length === 0) return `the webhook of step ${path} never came`;
  if (attempts.some(({ body }) => numberAt(JSON.parse(body), "n") !== n || body !== attempts[0]?.body)) {
    return `the webhook of step ${path} came with another body`;
  }
  // The next webhook starts only when this one is checkpointed: from then on it is known to have ended.
  const next = sink.of(runId, path + 1)[0]?.at ?? Number.POSITIVE_INFINITY;
  const known = Math.min(next, rehearsal.knownEnded.get(`${runId}:${path}`) ?? Number.POSITIVE_INFINITY);
  if (attempts.every((attempt) => attempt.at <= known)) return null;
  const times = attempts.map((attempt) => attempt.at).join(", ");
  return `the webhook of step ${path} was known to have ended at ${known} and came at ${times}`;
}

test(
  `${KILLS} kills, each in the middle of ${TRIGGERS_PER_KILL} triggers, lose nothing`,
  async () => {
    const sink = new LedgerSink();
    const platform = await Platform.start({ env: FULL ? {} : { LEASE_SECONDS: "3" } });
    const rehearsal = new Rehearsal(platform, crashKinds(sink));
    const start = performance.now();
    try {
      await rehearsal.play();
      const played = performance.now();
      await untilAllEnded(new Client(platform.url), FULL ? 300_000 : 60_000);
      console.log(
        `triggers: ${Math.round(played - start)} ms, all ended: ${Math.round(performance.now() - played)} ms`,
      );
      const wrong = await faults(rehearsal, new Client(platform.url), sink);
      const repeated = [...sink.attempts.values()].filter(({ length }) => length > 1).length;
      console.log(
        `accepted ${rehearsal.accepted.size}, broken off ${rehearsal.broken}, webhooks ${sink.attempts.size}, sent again ${repeated}`,
        `known ended by a read ${rehearsal.knownEnded.size}, restarts ${rehearsal.kills.map(({ restartMs }) => restartMs).join(" ")} ms`,
      );
      expect({
        count: wrong.length,
        first: wrong.slice(0, SHOWN),
        kills: wrong.length === 0 ? [] : rehearsal.kills,
      }).toEqual({
        count: 0,
        first: [],
        kills: [],
      });
      expect(platform.complaints()).toEqual([]);
    } catch (error) {
      await platform.kill();
      const folder = join(REPOSITORY, "test-failures", `crash-${Date.now()}`);
      mkdirSync(folder, { recursive: true });
      cpSync(platform.dataFolder, join(folder, "data"), { recursive: true });
      const known = { kills: rehearsal.kills, accepted: [...rehearsal.accepted], attempts: [...sink.attempts] };
      writeFileSync(join(folder, "ledger.json"), JSON.stringify(known));
      const printed = [...platform.logs.map(({ text }) => text), platform.stderr];
      writeFileSync(join(folder, "platform.log"), printed.join("\n"));
      console.error(`the data folder, the ledger, the kill times and the platform's log are kept in ${folder}`);
      throw error;
    } finally {
      await platform.close();
      await sink.close();
    }
  },
  FULL ? 1_800_000 : 120_000,
);
