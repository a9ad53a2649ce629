/** What clients ask of runs while parts of a deployment are killed: each request again until it is answered, and all with one effect. */
import { createHmac } from "node:crypto";
import type { Sql } from "postgres";
import { Client } from "../../harness/http/client.ts";
import { expectReply } from "../../harness/http/expect.ts";
import { listAt, textAt } from "../../harness/http/json.ts";
import type { Reply } from "../../harness/http/reply.ts";

const SECRET = "a secret of both sides";
const SCHEDULE = "/api/v1/schedules/in-hand";
const FAILED = 40;
const REST_MS = 200;
const ANSWERED_MS = 120_000;
const DEADLINE_MS = 10_000;
const DONE_MS = 120_000;

interface Sent {
  body?: object;
  headers?: Record<string, string>;
}

/** The uuids of the workflows. */
type Workflows = Record<"ticks" | "deliveries" | "asleep" | "failing", string>;

/** Ticks of a schedule, deliveries to a hook, runs that are paused, let go on and cancelled, and actions upon many runs. */
export class RunsInHand {
  readonly #url: () => string;
  readonly #workflows: Workflows;
  readonly #hook: string;
  /** The first runs of `failing` were made before. */
  readonly #madeBy: string;
  readonly #counts = { deliveries: 0, cancelled: 0, bulk: 0 };
  #isOver = false;
  readonly #work: Promise<unknown>;

  private constructor(url: () => string, workflows: Workflows, hook: string) {
    this.#url = url;
    this.#workflows = workflows;
    this.#hook = hook;
    this.#madeBy = new Date().toISOString();
    this.#work = Promise.all([this.#deliver(), this.#control(), this.#actUponMany()]);
    // Whoever waits for the end learns what went wrong.
    this.#work.catch(() => {});
  }

  static async start(url: () => string): Promise<RunsInHand> {
    const api = new Client(url());
    const pure = [{ name: "a", type: "transform", config: { value: 1 } }];
    const workflows = {
      ticks: await api.create(pure),
      deliveries: await api.create(pure),
      asleep: await api.create([{ name: "z", type: "delay", config: { duration: 3600 } }]),
      failing: await api.create([{ name: "stop", type: "fail", config: { message: "no" } }]),
    };
    const settings = {
      id: "in-hand",
      every: 1,
      overlap: "allow",
      catch_up: 100,
      payload: { at: "$" + "{schedule.time}" },
    };
    expectReply(await api.post("/api/v1/schedules", { workflow_id: workflows.ticks, ...settings }), 200);
    const verify = { scheme: "github", secret: SECRET };
    const hook = await api.post("/api/v1/hooks", { workflow_id: workflows.deliveries, verify });
    expectReply(hook, 200);
    const triggers = Array(FAILED).fill({ workflow_id: workflows.failing });
    const made = await api.post("/api/v1/trigger/batch", { triggers });
    expectReply(made, 200);
    for (const one of listAt(made.body, "results")) await api.untilEnded(textAt(one, "run_id"), ANSWERED_MS);
    // Later than the last of them, to the millisecond.
    await Bun.sleep(50);
    return new RunsInHand(url, workflows, textAt(hook.body, "token"));
  }

  /** Their workflows' uuids. */
  get workflows(): string[] {
    return Object.values(this.#workflows);
  }

  /** How often what was asked, in words. */
  toString(): string {
    const { deliveries, cancelled, bulk } = this.#counts;
    return `${deliveries} deliveries, ${cancelled} runs paused and cancelled, ${bulk} actions upon ${FAILED} runs each`;
  }

  /** Resolves when all that was asked has its answer, and nothing more is made. @throws what went wrong */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#work;
    await this.#answered("DELETE", SCHEDULE);
  }

  /** All that did not happen once. To be called when every run has ended. */
  async faults(sql: Sql): Promise<string[]> {
    const { ticks, deliveries, asleep, failing } = this.#workflows;
    const [ticked, delivered, ended, retried] = [
      await sql<{ at: string }[]>`select payload ->> 'at' as at from workflow_runs where workflow_id = ${ticks}`,
      await sql<
        { n: number }[]
      >`select (payload -> 'body' ->> 'n')::integer as n from workflow_runs where workflow_id = ${deliveries}`,
      await sql<{ status: string }[]>`select status from workflow_runs where workflow_id = ${asleep}`,
      await sql<
        { count: number }[]
      >`select count(r.uuid)::integer as count from workflow_runs f left join workflow_runs r on r.retry_of = f.uuid
        where f.workflow_id = ${failing} and f.retry_of is null group by f.uuid`,
    ];
    const times = ticked.map(({ at }) => Date.parse(at)).toSorted((one, other) => one - other);
    const numbers = delivered.map(({ n }) => n).toSorted((one, other) => one - other);
    const said: [what: string, isRight: boolean][] = [
      [
        `ticks at ${times.join(", ")}`,
        times.length > 0 && times.every((at, index) => at === (times[0] ?? 0) + index * 1000),
      ],
      [
        `deliveries ${numbers.join(", ")} of ${this.#counts.deliveries}`,
        numbers.length === this.#counts.deliveries && numbers.every((n, index) => n === index),
      ],
      [
        `of ${this.#counts.cancelled} runs that were cancelled ${JSON.stringify(ended)}`,
        ended.length === this.#counts.cancelled && ended.every(({ status }) => status === "cancelled"),
      ],
      [
        `after ${this.#counts.bulk} actions retries of each run: ${JSON.stringify(retried)}`,
        retried.length === FAILED && retried.every(({ count }) => count === this.#counts.bulk),
      ],
    ];
    return said.flatMap(([what, isRight]) => (isRight ? [] : [what]));
  }

  async #deliver(): Promise<void> {
    for (let n = 0; !this.#isOver; n++) {
      const body = { n };
      const signature = createHmac("sha256", SECRET).update(JSON.stringify(body)).digest("hex");
      const headers = { "x-hub-signature-256": `sha256=${signature}`, "x-github-delivery": `delivery-${n}` };
      const { status, text } = await this.#answered("POST", `/api/v1/hooks/${this.#hook}`, { body, headers });
      // A copy of one whose answer was lost.
      if (status !== 202 && status !== 409) throw new Error(`delivery ${n} got ${status} ${text}`);
      this.#counts.deliveries++;
      await Bun.sleep(REST_MS);
    }
  }

  async #control(): Promise<void> {
    for (let n = 0; !this.#isOver; n++) {
      const headers = { "idempotency-key": `in hand ${n}` };
      const body = { workflow_id: this.#workflows.asleep };
      const run = textAt((await this.#answered("POST", "/api/v1/trigger", { body, headers })).body, "run_id");
      for (const what of ["pause", "resume", "cancel"]) {
        const { status, text } = await this.#answered("POST", `/api/v1/runs/${run}/${what}`);
        if (status > 202) throw new Error(`${what} of run ${run} got ${status} ${text}`);
      }
      this.#counts.cancelled++;
      await Bun.sleep(REST_MS);
    }
  }

  async #actUponMany(): Promise<void> {
    while (!this.#isOver) {
      const headers = { "idempotency-key": `in hand ${this.#counts.bulk}` };
      const filter = { workflow: this.#workflows.failing, status: "failed", created_to: this.#madeBy };
      const body = { action: "retry", filter };
      const made = await this.#answered("POST", "/api/v1/runs/bulk", { body, headers });
      const bulk = textAt(made.body, "bulk_id");
      for (const latest = Date.now() + DONE_MS; ; await Bun.sleep(REST_MS)) {
        const reply = await this.#answered("GET", `/api/v1/runs/bulk/${bulk}`);
        if (textAt(reply.body, "status") === "done") break;
        if (Date.now() > latest) throw new Error(`action ${bulk} is not done: ${reply.text}`);
      }
      this.#counts.bulk++;
    }
  }

  /** Sends a request until something other than an outage answers. */
  async #answered(method: string, path: string, { body, headers = {} }: Sent = {}): Promise<Reply> {
    for (const latest = Date.now() + ANSWERED_MS; ; await Bun.sleep(REST_MS)) {
      const reply = await this.#sent(method, path, { ...(body !== undefined && { body }), headers }).catch(() => null);
      if (reply !== null && reply.status < 500) return reply;
      if (Date.now() > latest) throw new Error(`${method} ${path} is not answered: ${reply?.text ?? "no answer"}`);
    }
  }

  async #sent(method: string, path: string, { body, headers }: Sent): Promise<Reply> {
    const response = await fetch(`${this.#url()}${path}`, {
      method,
      headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      keepalive: false,
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const text = await response.text();
    return {
      sent: `${method} ${path}`,
      status: response.status,
      headers: response.headers,
      text,
      body: JSON.parse(text),
    };
  }
}
