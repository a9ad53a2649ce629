/** A client of the platform's API that keeps what it sent beside what it got, so that a failed test can show both. */
import { expectReply } from "./expect.ts";
import { at, objectAt, textAt } from "./json.ts";
import { type Reply, shorten } from "./reply.ts";

export type Body = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

/** A step as a test writes it; wrong ones are the point of some tests. */
export interface StepInput {
  name: string;
  type: string;
  config?: unknown;
  if?: unknown;
  timeout?: unknown;
  retry?: unknown;
  catch?: unknown;
  on_error?: unknown;
  description?: unknown;
  compensate?: unknown;
}

export class Client {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  get(path: string): Promise<Reply> {
    return this.send("GET", path);
  }

  post(path: string, json: unknown): Promise<Reply> {
    return this.sendText("POST", path, JSON.stringify(json));
  }

  put(path: string, json: unknown): Promise<Reply> {
    return this.sendText("PUT", path, JSON.stringify(json));
  }

  delete(path: string): Promise<Reply> {
    return this.send("DELETE", path);
  }

  /** For bodies that JSON.stringify would never write. */
  sendText(method: string, path: string, body: Body): Promise<Reply> {
    return this.send(method, path, { body, headers: { "content-type": "application/json" } });
  }

  async send(
    method: string,
    path: string,
    { body, headers = {} }: { body?: Body; headers?: Record<string, string> } = {},
  ): Promise<Reply> {
    const init = { method, headers, redirect: "manual" as const };
    const response = await fetch(this.url + path, body === undefined ? init : { ...init, body });
    const text = await response.text();
    const sent = `${method} ${shorten(path)} ${shorten(bodyText(body))}`.trim();
    return { sent, status: response.status, headers: response.headers, text, body: parsed(text) };
  }

  /** Creates a workflow and gives its uuid. */
  async create(steps: StepInput[], more: Record<string, unknown> = {}): Promise<string> {
    const reply = await this.post("/api/v1/workflows", { name: "a test", ...more, steps });
    expectReply(reply, 200);
    return textAt(reply.body, "workflow_id");
  }

  /** Triggers a workflow and gives the run's id. */
  async trigger(workflowId: string, payload?: unknown): Promise<string> {
    const reply = await this.post("/api/v1/trigger", { workflow_id: workflowId, payload });
    expectReply(reply, 200);
    return textAt(reply.body, "run_id");
  }

  /** Asks for a run until it ended. */
  untilEnded(runId: string, deadlineMs = 10_000): Promise<Run> {
    return this.#until(runId, deadlineMs, "ended", ({ status }) => status === "success" || status === "failed");
  }

  /** Asks for a run until it has a status. */
  untilIs(runId: string, status: string, deadlineMs = 10_000): Promise<Run> {
    return this.#until(runId, deadlineMs, `become ${status}`, (run) => run.status === status);
  }

  /** Asks for a run until one of its steps began. */
  untilBegun(runId: string, step: string): Promise<Run> {
    return this.#until(
      runId,
      10_000,
      `begun ${step}`,
      ({ body }) => at(body, "step_results", step, "started_at") != null,
    );
  }

  async #until(runId: string, deadlineMs: number, what: string, done: (run: Run) => boolean): Promise<Run> {
    const deadline = Date.now() + deadlineMs;
    for (let pause = 2; ; pause = Math.min(pause * 1.5, 100)) {
      const reply = await this.get(`/api/v1/runs/${runId}`);
      expectReply(reply, 200);
      const run = new Run(reply);
      if (done(run)) return run;
      if (Date.now() > deadline) throw new Error(`run ${runId} has not ${what} after ${deadlineMs} ms: ${reply.text}`);
      await Bun.sleep(pause);
    }
  }

  /** Creates, triggers and waits for the end. */
  async run(steps: StepInput[], payload?: unknown): Promise<Run> {
    return this.untilEnded(await this.trigger(await this.create(steps), payload));
  }
}

/** A run as the API showed it. */
export class Run {
  readonly text: string;
  readonly body: Record<string, unknown>;

  constructor(reply: Reply) {
    this.text = reply.text;
    this.body = objectAt(reply.body);
  }

  get uuid(): string {
    return textAt(this.body, "uuid");
  }

  get status(): string {
    return textAt(this.body, "status");
  }

  get error(): unknown {
    return this.body.error;
  }

  /** The result of a step. */
  step(name: string): Record<string, unknown> {
    return objectAt(this.body, "step_results", name);
  }

  /** The output of a step, once it is certain that the run succeeded. */
  output(name: string): unknown {
    if (this.status !== "success") throw new Error(`expected the run to succeed: ${this.text}`);
    return this.step(name).output;
  }
}

/** A body of unknown length: it is sent in chunked encoding. */
export function inPieces(body: string | Uint8Array, size = 65_536): ReadableStream<Uint8Array> {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.subarray(at, at + size));
      at += size;
    },
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function bodyText(body: Body | undefined): string {
  if (body === undefined) return "";
  if (typeof body === "string") return body;
  return body instanceof Uint8Array ? new TextDecoder("latin1").decode(body) : "(a stream)";
}
