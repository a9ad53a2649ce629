import { createWorkflow, type Step } from "../load/api.ts";
import { Connection, type Failure, requestText } from "../load/http-client.ts";
import type { ChainJob, JobResult } from "../load/jobs.ts";
import { atFixedTimes } from "./schedule.ts";
import { type Tally, watchTimeouts } from "./tally.ts";

const CONNECTIONS = 64;
/** Runs under way while the platform warms up. */
const WARM_UNDER_WAY = 64;
/** A run whose next webhook does not come for so long, in ms, counts as an error. */
const PATIENCE_MS = 30_000;

/** A run that has been triggered. Times are `performance.now()` ms. */
interface Chained {
  /** When its trigger should have left. */
  intended: number;
  /** Webhooks that have come. */
  came: number;
  /** When the last of them was answered, at first when the run was triggered. */
  answered: number;
}

/**
 * Triggers runs of webhooks in a row and receives the webhooks itself, so that one clock sees both ends. Latency is from
 * the *intended* time of a trigger to the arrival of the run's last webhook. `step` is from the answer to one webhook to
 * the arrival of the next: a durable step without the receiver's own time. `timer_late` is how late our own timer was.
 */
export async function chain(job: ChainJob, tally: Tally): Promise<JobResult> {
  const { target } = job;
  const underWay = new Map<number, Chained>();
  const steps = tally.samples("step");
  const idle: Connection[] = [];
  /** Runs that wait for a connection. */
  const due: number[] = [];
  const triggering = new Map<Connection, number>();
  let triggered = 0;
  let measuring = false;
  let lastCame = performance.now();
  /** Called when a run is over. */
  let settled = () => {};

  const receiver = Bun.serve({ hostname: "127.0.0.1", port: 0, idleTimeout: 0, fetch: receive });
  const workflow = await createWorkflow(target, webhooks(job.webhooks, receiver.url.href));

  /** One webhook, at `/<which of the run's>/<number of the run>`. */
  function receive(request: Request): Response {
    const now = performance.now();
    const [, , , which, number] = request.url.split("/");
    const run = underWay.get(Number(number));
    if (run !== undefined && Number(which) === run.came + 1) {
      lastCame = now;
      run.came++;
      if (measuring && run.came > 1) steps.add(now - run.answered);
      if (run.came === job.webhooks) arrived(Number(number), run, now);
      run.answered = performance.now();
    }
    return new Response('{"received":true}', { headers: { "content-type": "application/json" } });
  }

  function arrived(number: number, run: Chained, now: number): void {
    if (measuring) {
      tally.reply(200, now, "");
      tally.latency.add(now - run.intended);
    }
    settle(number);
  }

  function settle(number: number): void {
    if (underWay.delete(number)) settled();
  }

  function trigger(intended: number): void {
    underWay.set(triggered, { intended, came: 0, answered: intended });
    due.push(triggered++);
    sendDue();
  }

  function sendDue(): void {
    while (due.length > 0) {
      const connection = idle.shift();
      const number = connection === undefined ? undefined : due.shift();
      if (connection === undefined || number === undefined) return;
      triggering.set(connection, number);
      const body = `{"workflow_id":"${workflow}","payload":{"n":${number}}}`;
      connection.send(requestText(target, "POST", "/api/v1/trigger", body), true, performance.now());
    }
  }

  const owner = {
    replied(connection: Connection, status: number, body: string): void {
      connection.sentAt = 0;
      const number = triggering.get(connection);
      triggering.delete(connection);
      idle.push(connection);
      if (number !== undefined && (status < 200 || status >= 300)) {
        tally.reply(status, performance.now(), body);
        settle(number);
      }
      sendDue();
    },
    lost(connection: Connection, why: Failure): void {
      const at = idle.indexOf(connection);
      if (at >= 0) idle.splice(at, 1);
      const number = triggering.get(connection);
      triggering.delete(connection);
      if (number !== undefined) {
        tally.error(why);
        settle(number);
      }
      setTimeout(() => reopen(connection), 20);
    },
  };

  let over = false;
  async function reopen(connection: Connection): Promise<void> {
    if (over || !(await connection.open(target))) return;
    idle.push(connection);
    sendDue();
  }

  /** Keeps so many runs under way for as long as `more` says so. */
  function closed(count: number, more: () => boolean): void {
    settled = () => {
      if (more()) trigger(performance.now());
    };
    for (let at = 0; at < count && more(); at++) trigger(performance.now());
  }

  /** Waits until no run is under way, or nothing has come for too long. */
  async function settledAll(): Promise<void> {
    while (underWay.size > 0 && performance.now() - lastCame < PATIENCE_MS) await Bun.sleep(5);
  }

  const connections = Array.from({ length: CONNECTIONS }, () => new Connection(owner));
  const unwatch = watchTimeouts(connections);
  await Promise.all(connections.map(reopen));
  closed(WARM_UNDER_WAY, () => triggered < job.warm_runs);
  await settledAll();
  const warmed = triggered;
  measuring = true;
  tally.begin();
  const end = performance.now() + job.duration_ms;
  if ("under_way" in job.load) {
    closed(job.load.under_way, () => performance.now() < end);
  } else {
    settled = () => {};
    const total = Math.round((job.load.per_second * job.duration_ms) / 1000);
    atFixedTimes(job.load.per_second, total, tally.samples("timer_late"), trigger);
  }
  await Bun.sleep(job.duration_ms);
  await settledAll();
  over = true;
  tally.error("webhook_did_not_come", underWay.size);
  const result = tally.result(triggered - warmed);
  unwatch();
  for (const connection of connections) connection.close();
  await receiver.stop(true);
  return result;
}

function webhooks(count: number, sink: string): Step[] {
  return Array.from({ length: count }, (_, at) => ({
    name: `hook_${at + 1}`,
    type: "webhook",
    config: { url: `${sink}${at + 1}/\${payload.n}`, method: "POST", body: { n: "${payload.n}" } },
  }));
}
