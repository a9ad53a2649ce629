import { PlatformError } from "../../src/errors.ts";
import type { ClaimedRun, Storage } from "../../src/storage/port.ts";
import type { ProcessClock } from "./scheduler.ts";
import type { World } from "./world.ts";

/** A statement that nobody answers is given up after so long, at most. */
const LONGEST_WAIT = 10_000;

/**
 * The storage as one process reaches it: slow, while the world is faulty sometimes without an answer, and cut off for a while
 * now and then.
 */
export class Connection {
  readonly #world: World;
  readonly #clock: ProcessClock;
  #cutUntil = 0;

  constructor(world: World, clock: ProcessClock) {
    this.#world = world;
    this.#clock = clock;
  }

  /** Nothing comes through for a time, not even what is under way. */
  cut(milliseconds: number): void {
    this.#cutUntil = this.#world.scheduler.time + milliseconds;
  }

  /** The time of the database, as its clock asks for it. */
  time(): Promise<number> {
    return this.call("", async () => this.#world.scheduler.time);
  }

  /**
   * One round trip: the request may be lost on its way, and so may the answer of one that was carried out.
   *
   * @param what what the trace says of it; nothing where it is empty
   */
  call<Result>(what: string, operation: () => Promise<Result>): Promise<Result> {
    const { scheduler, random, counts, faulty } = this.#world;
    const lost = faulty && random.chance(0.02);
    const unanswered = faulty && !lost && random.chance(0.02);
    // As one that waits for a lock does.
    const there = faulty && random.chance(0.005) ? random.below(LONGEST_WAIT) : random.below(3);
    const back = random.below(2);
    return new Promise((resolve, reject) => {
      const refuse = () => {
        const wait = this.#isCut ? random.below(LONGEST_WAIT) : 0;
        this.#clock.timer(wait, () => reject(new PlatformError("storage_unavailable")));
      };
      scheduler.after(there, () => {
        if (lost || this.#isCut) return refuse();
        // A crash between request and answer does not take the request back.
        operation().then((result) => {
          if (what !== "") this.#world.note(`${what}${unanswered ? " (answer lost)" : ""}`);
          this.#world.maybeFreeze(this.#clock);
          scheduler.after(back, () => {
            if (!unanswered && !this.#isCut) return this.#clock.deliver(() => resolve(result));
            counts.lostAnswers++;
            refuse();
          });
        }, reject);
      });
    });
  }

  /** What a worker asks of the storage, and what of it the world looks at. */
  storage(): Storage {
    const world = this.#world;
    const { storage } = world;
    return {
      ...unused,
      batchesAtOnce: storage.batchesAtOnce,
      findVersions: (keys) => this.call("versions", () => storage.findVersions(keys)),
      storedRuns: (keys) => this.call("known", () => storage.storedRuns(keys)),
      takeTurns: (ended) => this.call("turns", () => storage.takeTurns(ended)),
      requestControl: (items) => this.call("control", () => storage.requestControl(items)),
      findFacts: (keys) => this.call("facts", () => storage.findFacts(keys)),
      findUnclaimed: (keys, maxBytes) => this.call("look", () => storage.findUnclaimed(keys, maxBytes)),
      claimByMessage: (claim) =>
        this.call("claim", () => this.#claimed(storage.claimByMessage({ ...claim, runs: this.#free(claim.runs) }))),
      claimDue: (claim) =>
        this.call("sweep", () => {
          // Which rows others have locked is not known here: fewer of them are found.
          const free = this.#free(Array(claim.limit).fill(0)).length;
          return free === 0 ? Promise.resolve([]) : this.#claimed(storage.claimDue({ ...claim, limit: free }));
        }),
      nextDue: (patience) => this.call("", () => storage.nextDue(patience)),
      saveProgress: (items) =>
        this.call(
          `save ${items.map(({ uuid, next }) => `${world.nameOf(uuid).slice(-8)} ${next.kind}`).join(", ")}`,
          async () => {
            const outcomes = await storage.saveProgress(items);
            for (const [index, item] of items.entries()) if (outcomes[index]?.kind === "ok") world.progressed(item);
            await world.written(items);
            return outcomes;
          },
        ),
      startLease: (lease) => this.call("start", () => storage.startLease(lease)),
      heldBy: (worker) => this.call("held", () => storage.heldBy(worker)),
      renewLease: (lease) => this.call("renew", () => storage.renewLease(lease)),
      findInbox: (items) => this.call("inbox", () => storage.findInbox(items)),
      controlOf: (worker) => this.call("control of", () => storage.controlOf(worker)),
    };
  }

  get #isCut(): boolean {
    return this.#world.scheduler.time < this.#cutUntil;
  }

  async #claimed(claim: Promise<ClaimedRun[]>): Promise<ClaimedRun[]> {
    const runs = await claim;
    this.#world.claimed(runs);
    await this.#world.turns.checkRoom(runs);
    return runs;
  }

  /** Those whose rows nobody else has locked: claims pass over the others. */
  #free<Item>(items: Item[]): Item[] {
    const { faulty, random, counts } = this.#world;
    if (!faulty || !random.chance(0.1)) return items;
    counts.lockedRows++;
    return random.chance(0.5) ? [] : items.filter(() => random.chance(0.5));
  }
}

const never = () => {
  throw new Error("no worker asks for this");
};

/** What workers do not ask for. */
const unused: Omit<Storage, "batchesAtOnce"> = {
  schedules: {
    insert: never,
    replace: never,
    delete: never,
    find: never,
    list: never,
    nextDue: never,
    claimDue: never,
    move: never,
  },
  hooks: {
    insert: never,
    rotate: never,
    delete: never,
    find: never,
    findByToken: never,
    list: never,
    takeDelivery: never,
  },
  bulk: { insert: never, find: never, list: never, stop: never, nextDue: never, claimDue: never, move: never },
  owedEvents: null,
  breaker: null,
  collectors: [],
  figures: never,
  findCounts: never,
  addDurations: never,
  findDurations: never,
  listProcesses: never,
  findHistory: never,
  insertWorkflows: never,
  updateWorkflows: never,
  deleteWorkflows: never,
  findWorkflows: never,
  listWorkflows: never,
  findVersions: never,
  listVersions: never,
  undeleteWorkflows: never,
  insertRuns: never,
  insertRetries: never,
  findRuns: never,
  endedRuns: never,
  storedRuns: never,
  listRuns: never,
  lookForRuns: never,
  findSmallProgress: never,
  takeTurns: never,
  findFacts: never,
  findRequestKeys: never,
  findUnclaimed: never,
  claimByMessage: never,
  claimDue: never,
  nextDue: never,
  saveProgress: never,
  startLease: never,
  heldBy: never,
  renewLease: never,
  requestControl: never,
  findStandings: never,
  controlOf: never,
  putSignals: never,
  findInbox: never,
  findAwaited: never,
  maintain: never,
  check: never,
  recordHealth: never,
  close: async () => {},
};
