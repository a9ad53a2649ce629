import type { Logger } from "pino";
import type { Clock } from "../../../src/clock.ts";
import { messageOf } from "../../../src/errors.ts";
import type { Cancel } from "../../../src/schemas/control/control.ts";
import type { InboxRow } from "../../../src/schemas/log/inbox.ts";
import type { RunKey } from "../../../src/schemas/runs/run.ts";
import type { Storage } from "../../../src/storage/port.ts";
import type { HeldRun } from "../held-run.ts";
import type { Holdings } from "../holdings.ts";

/** A request reaches its run within a second. */
const LOOK_MILLISECONDS = 500;
/** While runs are held that wait for many others, whose ends other workers store. */
const SHORT_LOOK_MILLISECONDS = 50;

export interface ControlOptions {
  storage: Storage;
  clock: Clock;
  log: Logger;
}

/** Where the news about runs go. */
export interface ControlReceiver {
  cancel(held: HeldRun, cancel: Cancel): void;
  pause(held: HeldRun): void;
  hear(held: HeldRun, rows: InboxRow[]): void;
}

/** Looks twice a second which held runs are to be cancelled or to stand still, or have something in their inboxes: one look for all of them. */
export class Control {
  readonly #options: ControlOptions;
  readonly #holdings: Holdings;
  readonly #receiver: ControlReceiver;
  #isStopped = false;
  /** Null while no look is under way. */
  #looking: Promise<void> | null = null;
  /** Something came during the look that is under way, which may not have seen it. */
  #again = false;
  #cancelTimer: () => void = () => {};

  constructor(options: ControlOptions, holdings: Holdings, receiver: ControlReceiver) {
    this.#options = options;
    this.#holdings = holdings;
    this.#receiver = receiver;
    this.#lookLater();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
  }

  #lookLater(): void {
    if (this.#isStopped) return;
    const milliseconds = this.#holdings.someLinger ? SHORT_LOOK_MILLISECONDS : LOOK_MILLISECONDS;
    this.#cancelTimer = this.#options.clock.timer(milliseconds, async () => {
      await this.look();
      this.#lookLater();
    });
  }

  /** Something came for these runs: looks now for those that are held. Whether all are. */
  wake(runs: RunKey[]): boolean {
    const held = runs.map(({ uuid }) => this.#holdings.current(uuid)).filter((one) => one !== undefined);
    for (const one of held) one.isWoken = true;
    if (held.length > 0) this.look();
    return held.length === runs.length;
  }

  /** Looks now. One look is under way at a time: a thousand children that end at once are found by two. */
  look(): Promise<void> {
    this.#again = true;
    this.#looking ??= this.#lookUntilSeen();
    return this.#looking;
  }

  async #lookUntilSeen(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      await this.#look();
    }
    this.#looking = null;
  }

  async #look(): Promise<void> {
    const { storage, log } = this.#options;
    if (this.#holdings.isEmpty) return;
    try {
      const behind: HeldRun[] = [];
      for (const { uuid, token, ...news } of await storage.controlOf(this.#holdings.lease.worker)) {
        const held = this.#holdings.find(uuid, token);
        if (held === undefined) continue;
        if (news.kind === "cancel") this.#receiver.cancel(held, { compensates: news.compensates });
        else if (news.kind === "pause") this.#receiver.pause(held);
        else if (news.last > held.inbox.known) behind.push(held);
      }
      if (behind.length === 0) return;
      const found = await storage.findInbox(behind.map(({ run: { uuid }, inbox }) => ({ uuid, after: inbox.known })));
      for (const [index, held] of behind.entries()) this.#receiver.hear(held, found[index] ?? []);
    } catch (error) {
      log.debug({ error: messageOf(error) }, "not known what is new for runs; asked again");
    }
  }
}
