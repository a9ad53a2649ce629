import type { Logger } from "pino";
import type { Clock } from "../../src/clock.ts";
import { isUuid, timeOfId } from "../../src/ids.ts";
import type { Triggered } from "../../src/schemas/runs/event.ts";
import { keyOf, nameOfRun, nameOfVersion, type RunKey } from "../../src/schemas/runs/run.ts";
import type { Next, Progress, Storage, Told, UnclaimedRun } from "../../src/storage/port.ts";
import type { Definitions } from "../definitions/definitions.ts";
import { mayRunUnheld, type Reaches } from "../definitions/reach.ts";
import type { Holdings } from "../holding/holdings.ts";
import { RecentKeys } from "../recent.ts";
import type { PureRun } from "./pure.ts";
import { Trust } from "./trust.ts";

const MAX_BYTES = 4 * 1024 * 1024;
/**
 * So long after its first message a worker claims the runs that were triggered before it began: the process before may have died
 * of one, whose message comes again. Executed unclaimed, it would be counted by nobody.
 */
const CAUTIOUS_MILLISECONDS = 1000;
/** How long a workflow is known for runs that come to an effect first. */
const KNOWN_MILLISECONDS = 60_000;

export interface UnclaimedLookupOptions {
  /** Whether messages come from known users alone; where anybody may send them, rows are read first. */
  trustsMessages: boolean;
  storage: Storage;
  clock: Clock;
  log: Logger;
}

/** A run that nobody ever claimed, as far as it is known to have come. */
export interface Unclaimed extends PureRun, RunKey {
  workflowUuid: string;
  version: number;
  traceparent: string | null;
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** Undefined for one whose row was read. */
  told: Told | undefined;
}

/** What is needed to execute runs that messages name: by the word of the message where that is trusted, else by their rows. */
export class UnclaimedLookup {
  readonly #options: UnclaimedLookupOptions;
  readonly #definitions: Definitions;
  readonly #holdings: Holdings;
  readonly #reaches: Reaches;
  /** Workflows whose runs have to be claimed. */
  readonly #effectful: RecentKeys;
  readonly #trust: Trust;
  /** When the worker began, milliseconds since the epoch. */
  readonly #beganAt: number;
  /** On the monotonic clock; null before the first message. */
  #cautiousUntil: number | null = null;

  constructor(
    options: UnclaimedLookupOptions,
    parts: { definitions: Definitions; holdings: Holdings; reaches: Reaches },
  ) {
    this.#options = options;
    this.#definitions = parts.definitions;
    this.#holdings = parts.holdings;
    this.#reaches = parts.reaches;
    this.#effectful = new RecentKeys(options.clock, KNOWN_MILLISECONDS);
    this.#trust = new Trust(options.clock, options.log);
    this.#beganAt = options.clock.now();
  }

  /** Whether a run may be executed unclaimed: it may come to its end or a sleep before an effect, as far as that is known. */
  isFit({ uuid, workflowId }: Triggered): boolean {
    return !this.#effectful.has(workflowId) && !this.#mayComeAgain(uuid);
  }

  #mayComeAgain(uuid: string): boolean {
    const now = this.#options.clock.monotonic();
    this.#cautiousUntil ??= now + CAUTIOUS_MILLISECONDS;
    return now < this.#cautiousUntil && (timeOfId(uuid) ?? 0) < this.#beganAt;
  }

  /** Runs to execute, and those that are claimed or over. The others are to be claimed. @throws what the storage throws */
  async find(triggered: Triggered[]): Promise<{ unclaimed: Unclaimed[]; taken: RunKey[] }> {
    const { storage, clock } = this.#options;
    const startedAt = clock.now();
    // What a message says of its run saves reading it: should that be wrong, nothing of it is stored.
    const trusts = this.#options.trustsMessages && this.#trust.holds;
    const told = new Map((trusts ? triggered.flatMap(toldRun) : []).map((run) => [nameOfRun(run), run]));
    const asked = triggered.filter((run) => !told.has(nameOfRun(run))).map(keyOf);
    const found = await storage.findUnclaimed(asked, Math.min(MAX_BYTES, this.#holdings.roomBytes));
    const all = [...told.values(), ...found.unclaimed];
    const definitions = await this.#definitions.load(all);
    const unclaimed = all.flatMap((run): Unclaimed[] => {
      const definition = nameOfVersion(run);
      const text = definitions.get(definition);
      if (text === undefined) return [];
      const reach = this.#reaches.of(definition, text);
      if ((reach.first !== "end" && reach.first !== "wait") || !mayRunUnheld(reach)) {
        this.#effectful.add(run.workflowUuid);
        return [];
      }
      const { namespace, uuid, workflowUuid, version, payload, traceparent } = run;
      const row = { namespace, uuid, workflowUuid, version, payload, traceparent, startedAt };
      return [{ ...row, definition, text, told: told.get(nameOfRun(run)) }];
    });
    return { unclaimed, taken: found.taken };
  }

  /** So many runs were executed by the word of their messages, and their rows say otherwise. */
  missed(count: number): void {
    this.#trust.missed(count);
  }
}

/** The run as its message says it was stored; none where the message does not say. */
function toldRun({ namespace, uuid, workflowId, stored }: Triggered): UnclaimedRun[] {
  return stored === null || !isUuid(workflowId)
    ? []
    : [{ namespace, uuid, workflowUuid: workflowId.toLowerCase(), ...stored }];
}

/** The write of how far a run came; `entries` is the JSON array text of its new entries. */
export function progressOf({ namespace, uuid, startedAt, told }: Unclaimed, next: Next, entries: string): Progress {
  const appended = entries === "[]" ? null : entries;
  const progress = { namespace, uuid, token: 0, seq: 0, entries: appended, crashes: 0, startedAt, next };
  return told === undefined ? progress : { ...progress, told };
}
