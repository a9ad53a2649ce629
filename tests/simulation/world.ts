import type { StepTypes } from "../../src/connectors/index.ts";
import { compile } from "../../src/engine/plan/compile.ts";
import type { Plan } from "../../src/engine/plan/plan.ts";
import type { ControlResult } from "../../src/schemas/control/control.ts";
import { isOfStep, type LogEntry, parseLog } from "../../src/schemas/log/log.ts";
import type { StepResult } from "../../src/schemas/runs/run.ts";
import { SHORTCUTS, type Shortcut } from "../../src/shortcuts.ts";
import type { Held, Progress, RunRecord, Storage } from "../../src/storage/port.ts";
import { Effects } from "./effects.ts";
import { keyOf } from "./keys.ts";
import type { ProcessClock, Random, Scheduler } from "./scheduler.ts";
import { Turns } from "./turns.ts";
import type { Workload } from "./workloads.ts";

export { keyOf, uuidOf } from "./keys.ts";

const ENDED = new Set(["success", "failed", "cancelled"]);

/** What a run was asked that was not over, and what the storage said. */
export interface Asked {
  result: ControlResult;
  /** Whether what succeeded is to be undone. */
  compensates: boolean;
}

/** What all processes share: the database, the ledger of effects, and the rules that must hold at every moment. */
export class World {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly storage: Storage;
  readonly trace: string[] = [];
  readonly violations: string[] = [];
  readonly counts = {
    crashes: 0,
    deaths: 0,
    freezes: 0,
    cuts: 0,
    jumps: 0,
    lockedRows: 0,
    restarts: 0,
    lostMessages: 0,
    lostThreads: 0,
    lostAnswers: 0,
    effects: 0,
    beforeInsert: 0,
    unclaimed: 0,
    cancels: 0,
    pauses: 0,
    retries: 0,
    signals: 0,
  };
  /** What its workers may take: all, none, or some. */
  readonly shortcuts: ReadonlySet<Shortcut>;
  /** Whether what messages say of runs is executed before their rows are read. */
  readonly trustsMessages: boolean;
  /** Faults stop at some time, so that what they left has to come right by itself. */
  faulty = true;
  /** What runs that take turns must not do. */
  readonly turns: Turns;
  /** Runs whose end was asked for while they were not over. */
  readonly cancelled = new Map<string, Asked>();
  /** Runs that are still to be tried again once they are over. */
  retriesLeft = 0;
  /** The uuids of the workflows. */
  readonly uuids = new Map<Workload, string>();
  /** What every run plays. */
  readonly workloads = new Map<string, Workload>();
  readonly #children = new Map<string, string>();
  readonly #plans = new Map<string, Plan>();
  readonly #ended = new Map<string, RunRecord>();
  readonly #tokens = new Map<string, number>();
  readonly #effects = new Effects();
  /** The log or the results of each run, as they were seen last. */
  readonly #shown = new Map<string, string>();
  /** When each step began, as it was seen last, by run and step. */
  readonly #begun = new Map<string, string>();

  constructor(scheduler: Scheduler, random: Random, storage: Storage) {
    this.scheduler = scheduler;
    this.random = random;
    this.storage = storage;
    this.turns = new Turns(this);
    this.trustsMessages = random.chance(0.7);
    const share = random.pick([1, 1, 1, 0.5, 0]);
    this.shortcuts = new Set(SHORTCUTS.filter(() => random.chance(share)));
  }

  /** The plan of a definition, given as JSON text. */
  planOf(text: string, types: StepTypes): Plan {
    const plan = this.#plans.get(text) ?? compile(JSON.parse(text), types);
    this.#plans.set(text, plan);
    return plan;
  }

  uuidOf(workload: Workload): string {
    return this.uuids.get(workload) ?? "";
  }

  /** Runs that others start have other uuids each time that a seed is played. */
  nameOf(uuid: string): string {
    if (this.workloads.has(uuid)) return uuid;
    if (!this.#children.has(uuid)) this.#children.set(uuid, `child ${this.#children.size}`);
    return this.#children.get(uuid) ?? "";
  }

  note(event: string): void {
    this.trace.push(`${this.scheduler.time} ${event}`);
  }

  violation(what: string): void {
    this.note(`VIOLATION ${what}`);
    this.violations.push(what);
  }

  /** An effect reaches the world. */
  async effect(run: string, path: string, token: number): Promise<void> {
    this.counts.effects++;
    this.note(`effect ${this.nameOf(run)}:${path} token ${token}`);
    const [row] = await this.storage.findRuns([keyOf(run)]);
    if (row === null || row === undefined) return this.violation(`effect of an unknown run ${run}`);
    if (ENDED.has(row.status)) this.violation(`effect ${run}:${path} after the run ended`);
    if (row.status === "paused") this.violation(`effect ${run}:${path} begun while the run stands still`);
    if (this.#tokens.get(run) !== token) this.violation(`effect ${run}:${path} begun by a stale holder`);
    for (const fault of this.#effects.begun(row, path, this.workloads.get(run)?.steps ?? [])) {
      this.violation(`effect ${run}:${path} begun ${fault}`);
    }
  }

  hasEnded(run: string): boolean {
    return this.#ended.has(run);
  }

  claimed(runs: Held[]): void {
    for (const { uuid, token } of runs) {
      if ((this.#tokens.get(uuid) ?? 0) >= token) this.violation(`token ${token} of ${uuid} was given out twice`);
      this.#tokens.set(uuid, token);
    }
  }

  /** Looks at every run that a write may have touched. */
  async written(items: { uuid: string }[]): Promise<void> {
    const rows = await this.storage.findRuns(items.map(({ uuid }) => keyOf(uuid)));
    for (const row of rows) {
      if (row === null) continue;
      const before = this.#ended.get(row.uuid);
      if (before !== undefined && JSON.stringify(before) !== JSON.stringify(row)) {
        this.violation(`run ${row.uuid} changed after it had ended as ${before.status}`);
      }
      if (ENDED.has(row.status)) this.#ended.set(row.uuid, row);
      const text = row.stepResults ?? row.log;
      // Mostly it is what was seen last.
      if (this.#shown.get(row.uuid) === text) continue;
      this.#shown.set(row.uuid, text);
      const entries = parseLog(row.log).filter(([path]) => isOfStep(path));
      this.#keepsWhatItShowed(row, entries);
      const taken = entries.flatMap(([, , , seq]) => seq ?? []);
      if (new Set(taken).size < taken.length) this.violation(`run ${row.uuid} took something twice`);
      const results = entries.filter(([, { status }]) => status !== "running");
      if (new Set(results.map(([path]) => path)).size < results.length) {
        this.violation(`run ${row.uuid} has a step result twice`);
      }
    }
  }

  /** A step that was seen to begin at a time began then, whoever executed it meanwhile. */
  #keepsWhatItShowed({ uuid, stepResults }: RunRecord, entries: LogEntry[]): void {
    const results: StepResult[] =
      stepResults === null ? entries.map(([, result]) => result) : Object.values(JSON.parse(stepResults));
    for (const { step_name, started_at, path } of results) {
      // The next attempt of a container has other steps.
      const name = `${uuid} ${path ?? step_name}`;
      const before = this.#begun.get(name);
      if (before !== undefined && before !== started_at) {
        this.violation(`step ${name} began at ${before}, and now at ${started_at}`);
      }
      this.#begun.set(name, started_at ?? "");
    }
  }

  /** A write of a run's progress was carried out. */
  progressed({ uuid, token }: Progress): void {
    if ((this.#tokens.get(uuid) ?? 0) !== token) this.violation(`stale token ${token} of ${uuid} wrote`);
    if (token === 0) this.counts.unclaimed++;
  }

  /** At the moments that matter most a process may stop for longer than its leases last, as under SIGSTOP. */
  maybeFreeze(clock: ProcessClock): void {
    if (!this.faulty || !this.random.chance(0.01)) return;
    this.counts.freezes++;
    clock.freeze(this.random.below(60_000));
  }
}
