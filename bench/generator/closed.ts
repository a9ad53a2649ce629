import { Connection, type Failure, requestText } from "../load/http-client.ts";
import type { ClosedJob, JobResult } from "../load/jobs.ts";
import { type Tally, watchTimeouts } from "./tally.ts";

/** Keeps every connection busy with one request until the job is over, then waits for the replies still owed. */
export async function closedLoop(job: ClosedJob, tally: Tally): Promise<JobResult> {
  const { target } = job;
  const request = Buffer.from(requestText(target, job.request.method, job.request.path, job.request.body));
  const done = Promise.withResolvers<void>();
  let sent = 0;
  let waiting = 0;
  let measuring = false;
  let stopped = false;
  const most = "requests" in job.until ? job.until.requests : Number.POSITIVE_INFINITY;

  function send(connection: Connection, now: number): void {
    waiting++;
    count();
    connection.send(request, false, now);
  }

  function count(): void {
    sent++;
    if (sent >= most) stopped = true;
  }

  function settle(): void {
    if (stopped && waiting === 0) done.resolve();
  }

  const owner = {
    replied(connection: Connection, status: number, body: string): void {
      const now = performance.now();
      tally.reply(status, now, body);
      if (measuring) tally.latency.add(now - connection.sentAt);
      connection.sentAt = 0;
      waiting--;
      if (!stopped) send(connection, now);
      settle();
    },
    lost(connection: Connection, why: Failure, unanswered: boolean): void {
      if (unanswered) waiting--;
      // Who cannot connect could not send: that is an error for each attempt.
      const unsent = why === "connect" && !stopped;
      if (unsent) count();
      if (unanswered || unsent) tally.error(why);
      settle();
      // A lost connection is an error, and the load goes on: with one user fewer the rest would look better than it is.
      if (!stopped) setTimeout(() => reopen(connection), 20);
    },
  };

  async function reopen(connection: Connection): Promise<void> {
    if (!stopped && (await connection.open(target)) && !stopped) send(connection, performance.now());
  }

  function begin(): void {
    tally.begin();
    measuring = true;
  }

  const connections = Array.from({ length: job.connections }, () => new Connection(owner));
  const unwatch = watchTimeouts(connections);
  const worked = await Promise.all(connections.map((connection) => connection.open(target)));
  if (job.warm_ms === 0) begin();
  for (const connection of connections.filter((_, at) => worked[at])) {
    if (!stopped) send(connection, performance.now());
  }
  if (job.warm_ms > 0) {
    await Bun.sleep(job.warm_ms);
    begin();
  }
  if ("ms" in job.until) {
    await Bun.sleep(job.until.ms);
    stopped = true;
    settle();
  }
  await done.promise;
  const result = tally.result(sent);
  unwatch();
  for (const connection of connections) connection.close();
  return result;
}
