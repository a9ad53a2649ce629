import { Connection, type Failure, requestText } from "../load/http-client.ts";
import type { JobResult, OpenJob } from "../load/jobs.ts";
import { type Tally, watchTimeouts } from "./tally.ts";

/**
 * Sends at fixed times, answered or not. Latency counts from the *intended* time, so that a server which stands still
 * is charged with every request that should have been sent meanwhile (coordinated omission). `from_sending` is the same
 * without waiting for a free connection or for our own timer; `timer_late` is what our timer alone was late.
 */
export async function openLoop(job: OpenJob, tally: Tally): Promise<JobResult> {
  const { target } = job;
  const request = Buffer.from(requestText(target, job.request.method, job.request.path, job.request.body));
  const total = Math.round((job.per_second * job.duration_ms) / 1000);
  const gap = 1000 / job.per_second;
  const fromSending = tally.samples("from_sending");
  const timerLate = tally.samples("timer_late");
  const done = Promise.withResolvers<void>();
  const intended = new Map<Connection, number>();
  const idle: Connection[] = [];
  let sent = 0;
  let next = 0;
  let open = 0;
  let start = 0;

  function send(connection: Connection, now: number): void {
    intended.set(connection, start + sent * gap);
    sent++;
    connection.send(request, false, now);
  }

  function finished(): void {
    if (open === 0 || (sent === total && idle.length === open)) done.resolve();
  }

  function free(connection: Connection, now: number): void {
    if (sent < next) {
      send(connection, now);
    } else {
      idle.push(connection);
      finished();
    }
  }

  const owner = {
    replied(connection: Connection, status: number, body: string): void {
      const now = performance.now();
      tally.reply(status, now, body);
      tally.latency.add(now - (intended.get(connection) ?? now));
      fromSending.add(now - connection.sentAt);
      connection.sentAt = 0;
      free(connection, now);
    },
    lost(connection: Connection, why: Failure, unanswered: boolean): void {
      if (why !== "connect") open--;
      if (unanswered) tally.error(why);
      const at = idle.indexOf(connection);
      if (at >= 0) idle.splice(at, 1);
      if (next === total) finished();
      setTimeout(() => reopen(connection), 20);
    },
  };

  let over = false;
  async function reopen(connection: Connection): Promise<void> {
    if (over || !(await connection.open(target))) return;
    open++;
    free(connection, performance.now());
  }

  const connections = Array.from({ length: job.connections }, () => new Connection(owner));
  const unwatch = watchTimeouts(connections);
  await Promise.all(connections.map(reopen));
  tally.begin();
  start = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    while (next < total && start + next * gap <= now) {
      timerLate.add(now - (start + next * gap));
      next++;
    }
    while (sent < next) {
      // By turns: a server may close a connection that has brought no request for seconds, just as its first one leaves.
      const connection = idle.shift();
      if (connection === undefined) break;
      send(connection, now);
    }
    if (next === total) {
      clearInterval(timer);
      finished();
    }
  }, 1);
  await done.promise;
  over = true;
  const result = tally.result(total);
  unwatch();
  for (const connection of connections) connection.close();
  return result;
}
