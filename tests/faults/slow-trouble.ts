/** What the connections of a deployment go through, one trouble after the other, while it is under load. */
import type { Random } from "../simulation/scheduler.ts";
import type { LosingProxy } from "./deployment/losing-proxy.ts";
import type { Toxic, Toxiproxy } from "./deployment/toxiproxy.ts";
import type { Load } from "./load/load.ts";
import { until } from "./load/waiting.ts";

/** A statement gets 10 s, a look at whether anything is answered 5; then its connection is replaced. */
const GIVEN_UP_MS = 20_000;
/** How often a half of the connections is drawn until one in use is silent. */
const DRAWS = 4;
/** Given up, probed again after 2.5 s at most, and a probe may have to be given up first. */
const RECOVERS_MS = 25_000;
/** More than are under way at once. */
const SETTLED = 130;
const TRIGGERS_MS = 30_000;
const PARTS = ["api-1", "api-2", "worker-1", "worker-2"];
const GIVEN_UP = /no answer within \d+ s/g;

export interface TroubleOptions {
  toxiproxy: Toxiproxy;
  losing: LosingProxy;
  load: Load;
  random: Random;
  /** What a part has logged. */
  log(part: string): string;
}

export class Trouble {
  readonly #options: TroubleOptions;
  readonly #counts = new Map<string, number>();

  constructor(options: TroubleOptions) {
    this.#options = options;
  }

  /** All of it, so many times. @throws Error naming what did not come through */
  async make(rounds: number): Promise<void> {
    const troubles = [
      () => this.#latency(),
      () => this.#bandwidth(),
      () => this.#resets(),
      () => this.#lostAnswers(),
      () => this.#frozen(),
      ...(rounds > 1 ? [() => this.#halfOpen()] : []),
    ];
    for (let round = 0; round < rounds; round++) for (const trouble of troubles) await trouble();
    await this.#accepted(50, "after all of it");
  }

  /** How much there was of each. */
  toString(): string {
    const { lost } = this.#options.losing;
    const counts = [...this.#counts].map(([what, count]) => `${count} × ${what}`);
    return [...counts, `answers lost of ${[...lost].map(([what, count]) => `${what} ${count}`).join(", ")}`].join("; ");
  }

  async #latency(): Promise<void> {
    await this.#nobodyNotices("200 ms latency", { type: "latency", attributes: { latency: 200, jitter: 20 } });
  }

  async #bandwidth(): Promise<void> {
    await this.#nobodyNotices("100 kB/s", { type: "bandwidth", attributes: { rate: 100 } });
  }

  /** It takes longer, and every trigger is answered 200. */
  async #nobodyNotices(what: string, toxic: Pick<Toxic, "type" | "attributes">): Promise<void> {
    const { toxiproxy, load } = this.#options;
    await this.#settled();
    const before = refusedBy(load);
    await toxiproxy.poison("slow", { stream: "downstream", ...toxic });
    await this.#accepted(100, what);
    await toxiproxy.heal();
    if (refusedBy(load) > before) throw new Error(`With ${what} triggers were refused: ${load}`);
    this.#count(what);
  }

  /** Connections break after some bytes and milliseconds, a part of them each time. */
  async #resets(): Promise<void> {
    const { toxiproxy, random } = this.#options;
    for (let time = 0; time < 5; time++) {
      const stream = random.pick(["upstream", "downstream"] as const);
      const attributes = { timeout: random.below(50) };
      await toxiproxy.poison("slow", { type: "reset_peer", stream, toxicity: 0.3, attributes });
      await Bun.sleep(random.below(500));
      await toxiproxy.heal();
      await this.#accepted(20, "resets");
      this.#count("resets");
    }
  }

  /** Every connection is silent, and nobody closes one; then what was sent comes through, however late. */
  async #frozen(): Promise<void> {
    const { toxiproxy } = this.#options;
    toxiproxy.freeze();
    try {
      await this.#givenUp();
    } finally {
      toxiproxy.thaw();
    }
    await this.#accepted(20, "every connection was silent");
    this.#count("all connections silent");
  }

  /** Half of the connections are silent, the others work. */
  async #halfOpen(): Promise<void> {
    const { toxiproxy, random } = this.#options;
    const stream = random.pick(["upstream", "downstream"] as const);
    for (let draw = 1; ; draw++) {
      await toxiproxy.poison("slow", { type: "timeout", stream, toxicity: 0.5, attributes: { timeout: 0 } });
      const failure = await this.#givenUp().then(
        () => null,
        (error: unknown) => error,
      );
      await toxiproxy.heal();
      if (failure === null) break;
      // Which ones are silent is drawn for each, and PgBouncer has few in use: all of those may work.
      if (draw === DRAWS) throw failure;
    }
    await this.#accepted(20, "half of the connections were silent");
    this.#count("half of the connections silent");
  }

  async #lostAnswers(): Promise<void> {
    const { losing } = this.#options;
    for (const [share, count] of [
      [0.15, 40],
      // Every one: asking again does not help either.
      [1, 20],
    ] as const) {
      const enough = losing.lostCount + count;
      losing.share = share;
      await until(`${count} answers are lost`, TRIGGERS_MS, () => losing.lostCount >= enough);
      losing.share = 0;
      await this.#accepted(20, "answers were lost");
    }
  }

  /** Some process found that a connection is dead. */
  async #givenUp(): Promise<void> {
    const { log } = this.#options;
    const count = () => PARTS.reduce((sum, part) => sum + [...log(part).matchAll(GIVEN_UP)].length, 0);
    const before = count();
    await until("a silent connection is given up", GIVEN_UP_MS, () => count() > before, 200);
  }

  /** Nothing is refused any more for what was wrong before. */
  async #settled(): Promise<void> {
    const { load } = this.#options;
    let [refused, accepted] = [refusedBy(load), load.accepted];
    await until(`${SETTLED} triggers in a row are answered 200 (${load})`, RECOVERS_MS, () => {
      if (refusedBy(load) > refused) [refused, accepted] = [refusedBy(load), load.accepted];
      return load.accepted >= accepted + SETTLED;
    });
  }

  async #accepted(count: number, when: string): Promise<void> {
    const { load } = this.#options;
    const enough = load.accepted + count;
    await until(`${count} triggers are answered 200 (${when}; ${load})`, RECOVERS_MS, () => load.accepted >= enough);
  }

  #count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }
}

function refusedBy(load: Load): number {
  return [...load.refused.values()].reduce((sum, count) => sum + count, 0);
}
