import { Connection, type Failure, requestText } from "../http-client.ts";
import type { ClosedJob, JobResult } from "../jobs.ts";
import { Tally, watchTimeouts } from "./tally.ts";

/** Keeps every connection busy with one request for the given time, then waits for the replies still owed. */
export async function closedLoop(job: ClosedJob, serverPid: number | undefined): Promise<JobResult> {
  const { target } = job;
  const request = Buffer.from(requestText(target, job.request.method, job.request.path, job.request.body));
  const tally = new Tally(serverPid);
  const done = Promise.withResolvers<void>();
  let sent = 0;
  let waiting = 0;
  let measuring = false;
  let stopped = false;

  function send(connection: Connection, now: number): void {
    sent++;
    waiting++;
    connection.send(request, false, now);
  }

  function settle(): void {
    waiting--;
    if (stopped && waiting === 0) done.resolve();
  }

  const owner = {
    replied(connection: Connection, status: number, body: string): void {
      const now = performance.now();
      tally.reply(status, now, body);
      if (measuring) tally.latency.add(now - connection.sentAt);
      connection.sentAt = 0;
      if (!stopped) send(connection, now);
      settle();
    },
    lost(connection: Connection, why: Failure, unanswered: boolean): void {
      if (why === "connect") {
        sent++;
        tally.error(why);
      }
      if (unanswered) {
        tally.error(why);
        settle();
      }
      // A lost connection is an error, and the load goes on: with one user fewer the rest would look better than it is.
      if (!stopped) setTimeout(() => reopen(connection), 20);
    },
  };

  async function reopen(connection: Connection): Promise<void> {
    if (!stopped && (await connection.open(target)) && !stopped) send(connection, performance.now());
  }

  const connections = Array.from({ length: job.connections }, () => new Connection(owner));
  const unwatch = watchTimeouts(connections);
  await Promise.all(connections.map(reopen));
  await Bun.sleep(job.warm_ms);
  tally.begin();
  measuring = true;
  await Bun.sleep(job.measure_ms);
  stopped = true;
  if (waiting > 0) await done.promise;
  const result = tally.result(sent);
  unwatch();
  for (const connection of connections) connection.close();
  return result;
}
