import type { Clock } from "../clock.ts";
import { collectorUp } from "./gauges.ts";
import type { Collector, Reading } from "./readings.ts";

/** A collector that takes longer is left out of this scrape. Longer than readiness waits for a part: it says which is down. */
const PATIENCE_MILLISECONDS = 1500;

/** Reads all collectors, each for 1.5 s at most; concurrent calls share one look. */
export class Collectors {
  readonly #collectors: () => readonly Collector[];
  readonly #clock: Clock;
  #look: Promise<Reading[]> | null = null;

  constructor(collectors: () => readonly Collector[], clock: Clock) {
    this.#collectors = collectors;
    this.#clock = clock;
  }

  /** The values of those that answered, and which did. Never rejects. */
  read(): Promise<Reading[]> {
    this.#look ??= this.#readAll().finally(() => {
      this.#look = null;
    });
    return this.#look;
  }

  async #readAll(): Promise<Reading[]> {
    const read = await Promise.all(
      this.#collectors().map(async (collector) => {
        const readings = await this.#readOne(collector);
        const isUp = collectorUp.at({ collector: collector.name }, readings === null ? 0 : 1);
        return [...(readings ?? []), isUp];
      }),
    );
    return read.flat();
  }

  /** Null where it failed or took too long. */
  async #readOne({ read }: Collector): Promise<Reading[] | null> {
    let cancel = () => {};
    const patience = new Promise<null>((resolve) => {
      cancel = this.#clock.timer(PATIENCE_MILLISECONDS, () => resolve(null));
    });
    try {
      return await Promise.race([read(), patience]);
    } catch {
      return null;
    } finally {
      cancel();
    }
  }
}
