/** A client of the platform's API that keeps what it sent beside what it got, so that a failed test can show both. */
import { expect } from "bun:test";
import { at, isObject, listAt, objectAt, textAt } from "./json.ts";

const SHOWN = 400;

export interface Reply {
  /** The request in one line, for failures. */
  sent: string;
  status: number;
  headers: Headers;
  text: string;
  /** The parsed text; undefined where it is no JSON. */
  body: unknown;
}

export type Body = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

/** A step as a test writes it; wrong ones are the point of some tests. */
export interface StepInput {
  name: string;
  type: string;
  config: unknown;
  retry?: unknown;
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

/** Compares status and, where given, body; a failure shows the request and the whole reply. */
export function expectReply(reply: Reply, status: number, body?: unknown): void {
  const got = { request: reply.sent, status: reply.status, body: reply.body ?? shorten(reply.text) };
  expect<unknown>(got).toEqual({ request: reply.sent, status, body: body === undefined ? got.body : body });
}

/** An error that is no validation error: one sentence, and beside it nothing but `code` and `request_id`. */
export function expectError(reply: Reply, status: number, detail?: string): void {
  expectReply(reply, status);
  const body = isObject(reply.body) ? reply.body : {};
  expect<unknown>({ request: reply.sent, ...body }).toEqual({
    request: reply.sent,
    detail: detail ?? expect.stringMatching(/\S/),
    ...extras(body),
  });
}

export interface Fault {
  loc: (string | number)[];
  type: string;
  msg?: string;
}

/** A 422 with exactly these faults, in any order; `msg` is compared where a fault gives it. */
export function expectFaults(reply: Reply, faults: Fault[]): void {
  expectReply(reply, 422);
  const body = objectAt(reply.body);
  const wanted = faults.map(({ loc, type, msg }) => ({ loc, msg: msg ?? expect.stringMatching(/\S/), type }));
  expect<unknown>({ request: reply.sent, ...body, detail: inOrder(listAt(body, "detail")) }).toEqual({
    request: reply.sent,
    detail: inOrder(wanted),
    ...extras(body),
    code: "validation_failed",
    request_id: expect.stringMatching(/\S/),
  });
}

/** The keys that an error may carry beside `detail`, where it does. */
function extras(body: Record<string, unknown>): Record<string, unknown> {
  const allowed = { code: expect.stringMatching(/^[a-z_]+$/), request_id: expect.stringMatching(/\S/) };
  return Object.fromEntries(Object.entries(allowed).filter(([key]) => key in body));
}

function inOrder(faults: unknown[]): unknown[] {
  const place = (fault: unknown) => (isObject(fault) ? JSON.stringify([fault.loc, fault.type]) : "");
  return faults.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
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

function shorten(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}… (${text.length} characters)`;
}
