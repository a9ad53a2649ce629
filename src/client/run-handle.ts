import type { Json } from "../schemas/json/json.ts";
import type { MapItems, RunOutline, RunStep, RunStepDetail } from "../schemas/lists/step-query.ts";
import type { Run } from "../schemas/runs/run.ts";
import type { EventPage, RunEvent } from "../schemas/runs/run-event.ts";
import { type Call, type CallOptions, type Connection, newKey } from "./connection.ts";
import { RunFailed, WaitTimeout } from "./errors.ts";
import { pagesOf } from "./pages.ts";
import type { ControlAnswer, KeyedOptions, RetryOptions, StepFilter, StepOptions, WaitOptions } from "./run-options.ts";
import { milliseconds, pause } from "./seconds.ts";

/** What a run that succeeded gave: its `output`, or the outputs of its steps by their names. */
export function outputOf(run: Run): Json {
  if (run.output !== undefined) return run.output;
  const top = Object.values(run.step_results).filter(({ path }) => !path?.includes("/"));
  return Object.fromEntries(top.map(({ step_name, output }) => [step_name, output]));
}

/** A run, whether it is under way or over. */
export class RunHandle {
  readonly id: string;
  readonly #connection: Connection;

  constructor(connection: Connection, id: string) {
    this.#connection = connection;
    this.id = id;
  }

  /** The run as it is now. */
  get(options: CallOptions = {}): Promise<Run> {
    return this.#connection.json<Run>({ method: "GET", path: this.#path(), isRepeatable: true, ...options });
  }

  /** Waits for the end of the run. @throws WaitTimeout */
  async ended({ timeout, signal }: WaitOptions = {}): Promise<Run> {
    const limit = timeout === undefined ? null : AbortSignal.timeout(milliseconds(timeout));
    const signals = [signal, limit].filter((one) => one != null);
    try {
      for await (const { type } of this.events({ signal: AbortSignal.any(signals) })) if (type === "run.ended") break;
      return await this.get(signal === undefined ? {} : { signal });
    } catch (error) {
      if (limit?.aborted && !signal?.aborted) throw new WaitTimeout(`Run ${this.id} has not ended within ${timeout} s`);
      throw error;
    }
  }

  /** What the run gave: its `output`, or the outputs of its steps by their names. @throws RunFailed, WaitTimeout */
  async result(options: WaitOptions = {}): Promise<Json> {
    const run = await this.ended(options);
    if (run.status !== "success") throw new RunFailed(run);
    return outputOf(run);
  }

  /** The run and its steps, without payload and outputs; what is within maps and loops is counted. */
  outline(options: CallOptions = {}): Promise<RunOutline> {
    return this.#get("", options, { view: "outline" });
  }

  /** The steps that have begun, in the order of their places, without outputs. */
  steps({ under, from, status, ...options }: StepFilter & CallOptions = {}): AsyncGenerator<RunStep, void> {
    return pagesOf(this.#connection, `${this.#path()}/steps`, { under, from, status }, options);
  }

  /** One step by its address, with what it was given and its output, unless these are over a limit. */
  step(address: string, { outputLimit, inputLimit, ...options }: StepOptions = {}): Promise<RunStepDetail> {
    const limits = { output_limit: outputLimit, input_limit: inputLimit };
    return this.#get(`/steps/${encodeURIComponent(address)}`, options, limits);
  }

  /** The output of a step, however large; null where it has none. */
  output(address: string, options: CallOptions = {}): Promise<Json> {
    return this.#get(`/steps/${encodeURIComponent(address)}/output`, options);
  }

  /** The same as the JSON text that the platform sends: numbers of any length, and spaces, as they are kept. */
  outputText(address: string, options: CallOptions = {}): Promise<string> {
    return this.#text(`/steps/${encodeURIComponent(address)}/output`, options);
  }

  /** What became of each item of a map, in a letter each. */
  items(address: string, options: CallOptions = {}): Promise<MapItems> {
    return this.#get(`/steps/${encodeURIComponent(address)}/items`, options);
  }

  /** What the run was given, and nothing else of it. */
  payload(options: CallOptions = {}): Promise<Run["payload"]> {
    return this.#get("/payload", options);
  }

  /** The same as the JSON text that the platform sends. */
  payloadText(options: CallOptions = {}): Promise<string> {
    return this.#text("/payload", options);
  }

  /** The definition that the run runs under, without its names; also where its workflow was deleted. */
  definition(options: CallOptions = {}): Promise<{ steps: Json[]; [field: string]: Json }> {
    return this.#get("/definition", options);
  }

  /** Everything that happened so far, and nothing that is to come. */
  async *history({ after = 0, ...options }: CallOptions & { after?: number } = {}): AsyncGenerator<RunEvent, void> {
    for (let next: number | null = after; next !== null; ) {
      const page: EventPage = await this.#get<EventPage>("/events", options, { after: next });
      yield* page.items;
      next = page.next_after;
    }
  }

  /** Everything that happens to the run, from its begin (or behind `after`) to its end; a connection that breaks is made again. */
  async *events({ after = 0, signal }: CallOptions & { after?: number } = {}): AsyncGenerator<RunEvent, void> {
    let last = after;
    for (;;) {
      const response = await this.#connection.open({
        method: "GET",
        path: `${this.#path()}/events`,
        headers: { accept: "text/event-stream", "last-event-id": String(last) },
        isRepeatable: true,
        ...(signal === undefined ? {} : { signal }),
      });
      // The run is over, and told: nothing comes any more.
      if (response.status === 204) return;
      const before = last;
      for await (const { data } of this.#connection.messagesOf(response, signal)) {
        const event: RunEvent = JSON.parse(data);
        last = event.id;
        yield event;
        if (event.type === "run.ended") return;
      }
      signal?.throwIfAborted();
      if (last === before) await pause(0.25, signal);
    }
  }

  /** Sends the run a signal, once. */
  signal(name: string, body: Json = null, options: KeyedOptions = {}): Promise<{ signal_id: string; status: string }> {
    return this.#post(`/signals/${encodeURIComponent(name)}`, body, options);
  }

  /** Ends the run; what succeeded is undone unless `compensate` is false. */
  cancel({ reason, compensate, ...options }: { reason?: string; compensate?: boolean } & KeyedOptions = {}) {
    return this.#post<ControlAnswer>("/cancel", { reason, compensate }, options);
  }

  /** Lets nothing more of the run begin, until it is resumed. */
  pause(options: KeyedOptions = {}): Promise<ControlAnswer> {
    return this.#post("/pause", {}, options);
  }

  resume(options: KeyedOptions = {}): Promise<ControlAnswer> {
    return this.#post("/resume", {}, options);
  }

  /** Runs an ended run again, from the first step that failed or from `from`; steps before are not repeated. */
  async retry({ from, version, payload, ...options }: RetryOptions = {}): Promise<RetriedRun> {
    const body = { from, version, payload };
    const { run_id, will_run } = await this.#post<{ run_id: string; will_run: string[] }>("/retry", body, options);
    return new RetriedRun(this.#connection, run_id, will_run);
  }

  /** The addresses of the steps that a retry would run again. Nothing is done. */
  async wouldRun({ from, version, payload, ...options }: RetryOptions = {}): Promise<string[]> {
    const body = { from, version, payload, dry_run: true };
    return (await this.#post<{ will_run: string[] }>("/retry", body, options)).will_run;
  }

  #path(): string {
    return `/runs/${encodeURIComponent(this.id)}`;
  }

  #get<Answer>(path: string, options: CallOptions, query: NonNullable<Call["query"]> = {}): Promise<Answer> {
    const call = { method: "GET", path: this.#path() + path, query, isRepeatable: true } as const;
    return this.#connection.json({ ...call, ...options });
  }

  #text(path: string, options: CallOptions): Promise<string> {
    return this.#connection.jsonText({ method: "GET", path: this.#path() + path, isRepeatable: true, ...options });
  }

  #post<Answer>(path: string, body: unknown, { signal, idempotencyKey }: KeyedOptions): Promise<Answer> {
    return this.#connection.json<Answer>({
      method: "POST",
      path: this.#path() + path,
      body,
      headers: { "idempotency-key": idempotencyKey ?? newKey() },
      isRepeatable: true,
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

/** A run that tries another one again. */
export class RetriedRun extends RunHandle {
  /** The addresses of the steps that run again. */
  readonly willRun: readonly string[];

  constructor(connection: Connection, id: string, willRun: readonly string[]) {
    super(connection, id);
    this.willRun = willRun;
  }
}
