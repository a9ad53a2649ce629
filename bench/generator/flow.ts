import { Connection, type Failure, requestText } from "../load/http-client.ts";
import type { FlowJob, JobResult } from "../load/jobs.ts";
import type { Target } from "../platform/target.ts";
import { type Tally, watchTimeouts } from "./tally.ts";

const WORKFLOW = JSON.stringify({
  id: "load_test",
  name: "Load test workflow",
  description: "One delay of a second",
  steps: [{ name: "wait", type: "delay", config: { duration: 1 } }],
});

/** The original's seven requests in their order, under the names of its published figures. */
export const FLOW_STEPS = [
  "GET /health",
  "GET /",
  "POST /api/v1/workflows",
  "GET /api/v1/workflows/{uuid}",
  "POST /api/v1/trigger",
  "GET /api/v1/runs/{run_id}",
  "GET /api/v1/runs",
];

// Connections that are being opened at one moment. More would overflow the listener's backlog of 512 and measure the
// kernel's SYN retries of 1 s.
const OPENING_AT_ONCE = 256;

interface User {
  step: number;
  round: number;
  workflow: string;
  run: string;
}

/** Lets all users start at once on connections opened before the clock starts, and play the flow `rounds` times. */
export async function flow(job: FlowJob, tally: Tally): Promise<JobResult> {
  const request = requests(job.target);
  const samples = FLOW_STEPS.map((name) => tally.samples(name));
  const users = new Map<Connection, User>();
  const done = Promise.withResolvers<void>();
  let playing = 0;

  function leave(connection: Connection): void {
    users.delete(connection);
    connection.close();
    playing--;
    if (playing === 0) done.resolve();
  }

  function play(connection: Connection, user: User, now: number): void {
    connection.send(request(user), user.step === 2 || user.step === 4, now);
  }

  const owner = {
    replied(connection: Connection, status: number, body: string): void {
      const now = performance.now();
      const user = users.get(connection);
      if (user === undefined) return;
      const took = now - connection.sentAt;
      connection.sentAt = 0;
      tally.latency.add(took);
      samples[user.step]?.add(took);
      const ok = tally.reply(status, now, body);
      if (user.step === 2) user.workflow = idIn(body, "workflow_id");
      if (user.step === 4) user.run = idIn(body, "run_id");
      // Without the id the rest of the round cannot be asked for: it counts as not sent, and the user goes home.
      if (!ok && (user.step === 2 || user.step === 4)) {
        leave(connection);
        return;
      }
      user.step++;
      if (user.step === FLOW_STEPS.length) {
        user.step = 0;
        user.round++;
      }
      if (user.round === job.rounds) leave(connection);
      else play(connection, user, now);
    },
    lost(connection: Connection, why: Failure, unanswered: boolean): void {
      // A user who cannot connect has one failed request; the others of the round count as not sent.
      if (unanswered || why === "connect") tally.error(why);
      if (users.has(connection)) leave(connection);
    },
  };

  const waiting = Array.from({ length: job.users }, () => new Connection(owner));
  const opening = performance.now();
  const opened: Connection[] = [];
  for (let at = 0; at < waiting.length; at += OPENING_AT_ONCE) {
    const some = waiting.slice(at, at + OPENING_AT_ONCE);
    const worked = await Promise.all(some.map((connection) => connection.open(job.target)));
    opened.push(...some.filter((_, index) => worked[index]));
  }
  tally.connectSeconds = (performance.now() - opening) / 1000;
  const unwatch = watchTimeouts(waiting);
  tally.begin();
  playing = opened.length;
  for (const connection of opened) users.set(connection, { step: 0, round: 0, workflow: "", run: "" });
  for (const [connection, user] of users) play(connection, user, performance.now());
  if (opened.length > 0) await done.promise;
  unwatch();
  return tally.result(job.users * job.rounds * FLOW_STEPS.length);
}

/** The value of `"key":"…"` in a JSON text, without the cost of parsing all of it. */
function idIn(body: string, key: string): string {
  const found = body.indexOf(`"${key}":`);
  const from = body.indexOf('"', found + key.length + 3) + 1;
  return found < 0 ? "" : body.slice(from, body.indexOf('"', from));
}

/** What a user sends next. The fixed requests are made into bytes once. */
function requests(target: Target): (user: User) => Buffer | string {
  const health = Buffer.from(requestText(target, "GET", "/health"));
  const root = Buffer.from(requestText(target, "GET", "/"));
  const create = Buffer.from(requestText(target, "POST", "/api/v1/workflows", WORKFLOW));
  const list = Buffer.from(requestText(target, "GET", "/api/v1/runs"));
  return (user) => {
    switch (user.step) {
      case 0:
        return health;
      case 1:
        return root;
      case 2:
        return create;
      case 3:
        return requestText(target, "GET", `/api/v1/workflows/${user.workflow}`);
      case 4:
        return requestText(
          target,
          "POST",
          "/api/v1/trigger",
          `{"workflow_id":"${user.workflow}","payload":{"user_id":"u1"}}`,
        );
      case 5:
        return requestText(target, "GET", `/api/v1/runs/${user.run}`);
      default:
        return list;
    }
  };
}
