import { type Run, untilEnded } from "../load/api.ts";
import { Connection, type Failure, requestText } from "../load/http-client.ts";
import type { FollowJob, JobResult } from "../load/jobs.ts";
import { atFixedTimes } from "./schedule.ts";
import { type Tally, watchTimeouts } from "./tally.ts";

const ENDED = new Set(["success", "failed", "cancelled"]);
/** Runs that may be followed at once; the next ones wait for a connection, and their latency counts from before it. */
const CONNECTIONS = 128;
/** A run that takes longer than this, in ms, counts as an error. */
const PATIENCE_MS = 30_000;

/** A run on its way, on a connection of its own. */
interface Following {
  /** When its trigger should have left, in `performance.now()` ms. */
  intended: number;
  /** The request that asks for the run; empty while the trigger's answer is out. */
  poll: string;
  watched: boolean;
  lastAnswer: number;
}

/**
 * Triggers at fixed times, answered or not, and polls one run in `watch_every` until it has ended. Latency counts from the *intended*
 * time to the answer that shows the end, so that a platform which stands still is charged with all that should have
 * come meanwhile (coordinated omission); the time that a run sleeps anyway is taken off. `between_polls` is how finely an end is seen, `timer_late` what our own timer
 * was late, `inside_the_server` is completed_at − created_at as the platform says, without that sleep too.
 */
export async function follow(job: FollowJob, tally: Tally): Promise<JobResult> {
  const { target } = job;
  const body = JSON.stringify({ workflow_id: job.workflow_id, payload: { n: 1 } });
  const trigger = requestText(target, "POST", "/api/v1/trigger", body);
  const total = Math.round((job.per_second * job.duration_ms) / 1000);
  const samples = {
    accepted: tally.samples("trigger_answered"),
    inside: tally.samples("inside_the_server"),
    between: tally.samples("between_polls"),
    late: tally.samples("timer_late"),
  };
  const done = Promise.withResolvers<void>();
  const following = new Map<Connection, Following>();
  const idle: Connection[] = [];
  const unwatched: string[] = [];
  /** Triggers that wait for a connection, by the time intended for each. */
  const due: number[] = [];
  let sent = 0;
  let settled = 0;
  let over = false;

  function sendDue(): void {
    for (;;) {
      const intended = due[0];
      if (intended === undefined) return;
      // By turns: a server may close a connection that has brought no request for seconds, just as its first one leaves.
      const connection = idle.shift();
      if (connection === undefined) return;
      due.shift();
      const watched = sent++ % job.watch_every === 0;
      following.set(connection, { intended, poll: "", watched, lastAnswer: 0 });
      connection.send(trigger, true, performance.now());
    }
  }

  function settle(connection: Connection): void {
    following.delete(connection);
    settled++;
    idle.push(connection);
    sendDue();
    if (settled === total) done.resolve();
  }

  /** Whether it is to be polled now. */
  function accepted(run: Following, now: number, reply: string): boolean {
    samples.accepted.add(now - run.intended);
    const id = String(JSON.parse(reply).run_id);
    run.poll = requestText(target, "GET", `/api/v1/runs/${id}`);
    if (!run.watched) unwatched.push(id);
    return run.watched;
  }

  function ended(run: Following, now: number, reply: string): boolean {
    samples.between.add(now - run.lastAnswer);
    const body: Run = JSON.parse(reply);
    if (!ENDED.has(body.status)) {
      if (now - run.intended < PATIENCE_MS) return false;
      tally.error("run_not_ended");
      return true;
    }
    tally.latency.add(now - run.intended - job.asleep_ms);
    count(body, now);
    return true;
  }

  function count({ status, created_at, started_at, completed_at }: Run, now: number): void {
    if (status === "success") tally.reply(200, now, "");
    else tally.error(ENDED.has(status) ? `run_${status}` : "run_not_ended");
    const inside = Date.parse(completed_at ?? "") - Date.parse(created_at ?? started_at ?? "");
    if (Number.isFinite(inside)) samples.inside.add(inside - job.asleep_ms);
  }

  const owner = {
    replied(connection: Connection, status: number, reply: string): void {
      const now = performance.now();
      connection.sentAt = 0;
      const run = following.get(connection);
      if (run === undefined) return;
      if (status < 200 || status >= 300) {
        tally.reply(status, now, reply);
        settle(connection);
        return;
      }
      const isFirst = run.poll === "";
      const over = isFirst ? !accepted(run, now, reply) : ended(run, now, reply);
      if (over) {
        settle(connection);
        return;
      }
      const pause = isFirst ? Math.max(job.asleep_ms, job.pause_ms) : job.pause_ms;
      run.lastAnswer = isFirst ? now + job.asleep_ms : now;
      const poll = () => {
        if (following.get(connection) === run) connection.send(run.poll, true, performance.now());
      };
      if (pause === 0) poll();
      else setTimeout(poll, pause);
    },
    lost(connection: Connection, why: Failure): void {
      const at = idle.indexOf(connection);
      if (at >= 0) idle.splice(at, 1);
      if (following.delete(connection)) {
        tally.error(why);
        settled++;
        if (settled === total) done.resolve();
      }
      if (!over) setTimeout(() => reopen(connection), 20);
    },
  };

  async function reopen(connection: Connection): Promise<void> {
    if (over || !(await connection.open(target))) return;
    idle.push(connection);
    sendDue();
  }

  const connections = Array.from({ length: CONNECTIONS }, () => new Connection(owner));
  const unwatch = watchTimeouts(connections);
  await Promise.all(connections.map(reopen));
  tally.begin();
  atFixedTimes(job.per_second, total, samples.late, (intended) => {
    due.push(intended);
    sendDue();
  });
  // A platform that takes no connection at all leaves triggers unsent: they count as such.
  await Promise.race([done.promise, Bun.sleep(job.duration_ms + 2 * PATIENCE_MS)]);
  over = true;
  const end = performance.now();
  for (const id of unwatched) count(await untilEnded(target, id, PATIENCE_MS), end);
  const result = tally.result(total);
  unwatch();
  for (const connection of connections) connection.close();
  return result;
}
