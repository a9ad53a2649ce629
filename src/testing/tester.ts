import type { ThreadRun as Run } from "../../workers/execution/thread/thread-run.ts";
import { ThreadRun } from "../../workers/execution/thread/thread-run.ts";
import { type Clock, isoTime } from "../clock.ts";
import type { StepTypes, Tools } from "../connectors/index.ts";
import { compile } from "../engine/plan/compile.ts";
import { PlatformError } from "../errors.ts";
import type { RunFacts } from "../language/definition/facts.ts";
import { parseLog } from "../schemas/log/log.ts";
import type { RunEnd } from "../storage/port.ts";
import { Mail } from "./mail.ts";
import { MockedEffects } from "./mocks.ts";
import type { Tester, Trial, TriedRun } from "./port.ts";

/** The run of every test, so that chance is drawn alike each time. */
const RUN = "00000000-0000-7000-8000-000000000000";
/** What a test may compute, in milliseconds, and things that its engine decides. */
const MAX_MILLISECONDS = 2000;
const MAX_DECISIONS = 200_000;
/** After so long others have their turn. */
const TURN_MILLISECONDS = 5;
/** Tests that wait for the one under way. */
const MAX_WAITING = 16;

/** Tests of this process, one at a time: each computes here, beside what else the process does. */
export class InProcessTester implements Tester {
  readonly #types: StepTypes;
  readonly #clock: Clock;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(types: StepTypes, clock: Clock) {
    this.#types = types;
    this.#clock = clock;
  }

  async run(trial: Trial): Promise<TriedRun> {
    if (this.#waiting >= MAX_WAITING) throw new PlatformError("overloaded");
    this.#waiting++;
    const test = this.#last.then(() => runTest(trial, this.#types, this.#clock)).finally(() => this.#waiting--);
    // The next one does not care how it ended.
    this.#last = test.catch(() => {});
    return await test;
  }
}

/** Runs a definition to its end in virtual time. @throws PlatformError test_too_long */
async function runTest(
  { workflow, payload, mocks, signals }: Trial,
  types: StepTypes,
  clock: Clock,
): Promise<TriedRun> {
  const effects = new MockedEffects(mocks);
  const mail = new Mail(signals);
  const turns = new Turns(clock);
  const startedAt = clock.now();
  let now = startedAt;
  /** Joined only where the run does not end: a long one has thousands of parts. */
  const log: string[] = [];
  const world = { now: () => now, stepwise: true, beat: () => turns.count(), attempt: () => {} };
  const payloadText = JSON.stringify(payload);
  const { tags = [] } = workflow.definition;
  const plan = compile(workflow.definition, effects.types(types));
  const facts = { ...factsOf(workflow, startedAt), tags };
  const run = new ThreadRun({ uuid: RUN, token: 1, depth: 0 }, plan, { payload: payloadText, log: "[]", facts });
  for (;;) {
    run.hear(mail.until(now - startedAt, startedAt));
    const { entries, next } = run.advance(world);
    if (next.kind === "end") return result(next);
    for (const [path, { step_name }] of parseLog(entries)) effects.began(path, step_name);
    log.push(entries);
    if (next.kind === "wait") {
      for (const { path } of next.ready) await start(run, path);
      if (next.ready.length === 0) {
        const wakeAt = Math.min(next.wakeAt ?? Number.POSITIVE_INFINITY, startedAt + mail.next);
        if (wakeAt === Number.POSITIVE_INFINITY) return result(null);
        now = Math.max(now, wakeAt);
      }
    }
    await turns.yield();
  }

  function start(from: Run, path: string): Promise<void> {
    if (!from.canStart(path)) return Promise.resolve();
    return from.start(path, world, () => toolsFor(path));
  }

  function result(end: RunEnd | null): TriedRun {
    return {
      run: {
        uuid: RUN,
        id: RUN,
        workflowUuid: workflow.uuid,
        workflowVersion: workflow.version,
        status: "running",
        payload: payloadText,
        createdAt: startedAt,
        startedAt,
        completedAt: end === null ? null : now,
        error: null,
        parentRunId: null,
        rootRunId: null,
        stepResults: null,
        log: end === null ? JSON.stringify(log.flatMap(parseLog)) : "[]",
        ...(end !== null && { status: end.status, error: end.error, stepResults: end.stepResults }),
        output: end?.output ?? null,
        errorDetails: end?.errorDetails ?? null,
        tags: tags.length === 0 ? null : JSON.stringify(tags),
        startAt: null,
        priority: null,
        control: null,
        cancelReason: null,
        retryOf: null,
      },
      virtualSeconds: (now - startedAt) / 1000,
      unusedMocks: effects.unused(),
    };
  }
}

/** What the run of a test knows of itself. */
function factsOf({ uuid, version }: Trial["workflow"], startedAt: number): Omit<RunFacts, "tags"> {
  const at = isoTime(startedAt);
  const own = { id: RUN, workflow_id: uuid, workflow_version: version, created_at: at, started_at: at };
  return { ...own, parent_run_id: null, root_run_id: null };
}

/** No effect of a test reaches the world: those that a mock answers are given their own `fetch`. */
function toolsFor(path: string): Tools {
  return {
    idempotencyKey: `${RUN}:${path}`,
    depth: 0,
    traceparent: null,
    signal: new AbortController().signal,
    fetch: () => Promise.reject(new Error("a test sends nothing")),
  };
}

/** What a test has computed, in turns with what else the process does. */
class Turns {
  readonly #clock: Clock;
  #decisions = 0;
  /** Of the turns before this one. */
  #milliseconds = 0;
  #since: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.monotonic();
  }

  /** @throws PlatformError test_too_long */
  count(): void {
    const milliseconds = this.#milliseconds + this.#clock.monotonic() - this.#since;
    if (++this.#decisions > MAX_DECISIONS || milliseconds > MAX_MILLISECONDS) throw new PlatformError("test_too_long");
  }

  /** Lets others have their turn once this one took long enough. */
  async yield(): Promise<void> {
    const milliseconds = this.#clock.monotonic() - this.#since;
    if (milliseconds < TURN_MILLISECONDS) return;
    this.#milliseconds += milliseconds;
    await new Promise<void>((resolve) => this.#clock.nextTurn(resolve));
    this.#since = this.#clock.monotonic();
  }
}
