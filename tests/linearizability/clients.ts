/** Clients that make, read, change, signal and cancel what others do as well, and write down what they asked and were told. */
import type { Body, Client } from "../harness/http/client.ts";
import { isObject } from "../harness/http/json.ts";
import type { Reply } from "../harness/http/reply.ts";
import type { Random } from "../simulation/scheduler.ts";
import { type Answer, type Asked, type History, isUnknown } from "./history.ts";

const STEPS = [
  { name: "wait", type: "wait", config: { signal: "go" } },
  { name: "said", type: "transform", config: { value: "${wait}" } },
];
/** Runs that clients still look at: the newest of each workflow. */
const KEPT_RUNS = 6;
/** Between two attempts at what has to be answered. */
const PAUSE_MS = 50;

/** A workflow, and what its clients know of it. */
export interface Shared {
  workflow: string;
  runs: string[];
  /** A version that it had. */
  version: number;
}

/** Something that is asked, and where. */
interface Request extends Asked {
  method: string;
  path: string;
  body?: object;
  headers?: Record<string, string>;
}

/** What was asked is answered by these, or by nobody. */
const LOST: Answer = { code: 0 };

export class Clients {
  readonly #api: Client;
  readonly #history: History;
  readonly #random: Random;
  #contents = 0;

  constructor(api: Client, history: History, random: Random) {
    this.#api = api;
    this.#history = history;
    this.#random = random;
  }

  /** Makes a workflow, before there are others. */
  async create(): Promise<Shared> {
    const content = this.#content();
    const call = this.#history.now();
    const workflow = await this.#api.create(STEPS, { name: content });
    this.#add(0, `workflow:${workflow}`, { do: "create", content }, { code: 200 }, call);
    return { workflow, runs: [], version: 1 };
  }

  /** Does the next thing, for one client. */
  async act(client: number, shared: Shared): Promise<void> {
    const run = shared.runs.length === 0 ? null : this.#random.pick(shared.runs);
    const chosen = this.#random.next();
    if (run === null || chosen < 0.15) await this.#trigger(client, shared);
    else if (chosen < 0.55) await this.#readRun(client, run);
    else if (chosen < 0.65) await this.#signal(client, run);
    else if (chosen < 0.75) await this.#cancel(client, run);
    else if (chosen < 0.85) await this.#put(client, shared);
    else await this.#readWorkflow(client, shared);
  }

  async #trigger(client: number, shared: Shared): Promise<void> {
    const call = this.#history.now();
    const body = { workflow_id: shared.workflow };
    const reply = await this.#answered("/api/v1/trigger", body);
    const made = fieldOf(reply, "run_id");
    if (made === null) throw new Error(`${reply.sent} was answered with ${reply.status}: ${reply.text}`);
    const end = this.#history.now();
    this.#add(client, `run:${made}`, { do: "trigger" }, { code: reply.status }, call, end);
    shared.runs = [made, ...shared.runs].slice(0, KEPT_RUNS);
    const version = await this.#readRun(client, made);
    // Its version is that of the moment when it was stored.
    if (version === null) return;
    this.#add(client, `workflow:${shared.workflow}`, { do: "trigger" }, { code: 200, version }, call, end);
  }

  async #readRun(client: number, run: string): Promise<number | null> {
    const path = `/api/v1/runs/${run}`;
    const reply = await this.#ask(client, `run:${run}`, { do: "read", method: "GET", path });
    const version = fieldOf(reply, "workflow_version");
    return version === null ? null : Number(version);
  }

  async #signal(client: number, run: string): Promise<void> {
    const call = this.#history.now();
    // Sent again it is the same signal.
    const reply = await this.#answered(`/api/v1/runs/${run}/signals/go`, { client });
    this.#add(client, `run:${run}`, { do: "signal" }, { code: reply.status }, call);
  }

  async #cancel(client: number, run: string): Promise<void> {
    const path = `/api/v1/runs/${run}/cancel`;
    await this.#ask(client, `run:${run}`, { do: "cancel", method: "POST", path, body: {} });
  }

  async #put(client: number, shared: Shared): Promise<void> {
    const content = this.#content();
    const path = `/api/v1/workflows/${shared.workflow}`;
    const condition = this.#random.chance(0.5) ? shared.version : 0;
    const headers: Record<string, string> = condition === 0 ? {} : { "if-match": `"${condition}"` };
    const asked = { do: "put" as const, content, if_version: condition };
    const body = { name: content, steps: STEPS };
    const reply = await this.#ask(client, `workflow:${shared.workflow}`, {
      ...asked,
      method: "PUT",
      path,
      body,
      headers,
    });
    this.#learn(shared, reply);
  }

  async #readWorkflow(client: number, shared: Shared): Promise<void> {
    const path = `/api/v1/workflows/${shared.workflow}`;
    this.#learn(shared, await this.#ask(client, `workflow:${shared.workflow}`, { do: "read", method: "GET", path }));
  }

  #learn(shared: Shared, reply: Reply | null): void {
    shared.version = Number(fieldOf(reply, "version") ?? shared.version);
  }

  /** Asks once; a read without an answer has said nothing, and is left out. */
  async #ask(
    client: number,
    object: string,
    { method, path, body, headers = {}, ...asked }: Request,
  ): Promise<Reply | null> {
    const call = this.#history.now();
    const json = { "content-type": "application/json", ...headers };
    const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: json };
    const reply = await this.#send(method, path, sent);
    if (reply !== null) this.#add(client, object, asked, answerOf(reply), call);
    else if (asked.do !== "read") this.#history.add({ client, object, call, input: asked, output: LOST });
    return reply;
  }

  /** Asks until there is an answer, which takes effect once. */
  async #answered(path: string, body: object): Promise<Reply> {
    const headers = { "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
    for (;;) {
      const reply = await this.#send("POST", path, { body: JSON.stringify(body), headers });
      if (reply !== null) return reply;
      await Bun.sleep(PAUSE_MS);
    }
  }

  /** The answer; null where there is none that says whether the request took effect. */
  async #send(
    method: string,
    path: string,
    sent: { body?: Body; headers?: Record<string, string> },
  ): Promise<Reply | null> {
    const reply = await this.#api.send(method, path, sent).catch(() => null);
    return reply === null || isUnknown(reply) ? null : reply;
  }

  #add(client: number, object: string, input: Asked, output: Answer, call: number, end = this.#history.now()): void {
    this.#history.add({ client, object, call, return: end, input, output });
  }

  /** A name that no other version has. */
  #content(): string {
    return `content ${++this.#contents}`;
  }
}

function answerOf(reply: Reply): Answer {
  const { status, version, name } = isObject(reply.body) ? reply.body : {};
  return {
    code: reply.status,
    ...(typeof status === "string" && { status }),
    ...(typeof version === "number" && { version }),
    ...(typeof name === "string" && { content: name }),
  };
}

/** A field of the body as text; null where there is none. */
function fieldOf(reply: Reply | null, name: string): string | null {
  const value = isObject(reply?.body) ? reply.body[name] : undefined;
  return typeof value === "string" || typeof value === "number" ? String(value) : null;
}
