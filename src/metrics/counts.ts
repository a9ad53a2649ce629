/** Counters and histograms of this process: plain numbers, which cost an addition each. */

/** The commands that start a process: `bun start`, `bun run api`, `bun run worker`. */
export const PROGRAMS = ["start", "api", "worker"] as const;
export type Program = (typeof PROGRAMS)[number];
/** Those that serve the API. */
export const API_PROGRAMS: readonly Program[] = ["start", "api"];
/** Those that execute runs. */
export const WORKER_PROGRAMS: readonly Program[] = ["start", "worker"];

/** The labels of a family, each with its values; null where these are found while the process runs. */
export type Labels = Readonly<Record<string, readonly string[] | null>>;

/** One value for each label. */
export type LabelValues<L extends Labels> = {
  readonly [Name in keyof L]: L[Name] extends readonly (infer Value extends string)[] ? Value : string;
};

/** How a family is shown and documented. */
export interface FamilyOptions<L extends Labels> {
  name: string;
  /** One sentence, with the unit where the name does not say it. */
  help: string;
  labels: L;
  /** The processes that have it. */
  programs: readonly Program[];
}

/** A number that only rises. */
export class Counter {
  readonly #cells: Float64Array;

  /** `cells`: a number, in memory that may be shared with another thread. */
  constructor(cells: Float64Array = new Float64Array(1)) {
    this.#cells = cells;
  }

  get value(): number {
    return this.#cells[0] ?? 0;
  }

  add(count = 1): void {
    this.#cells[0] = this.value + count;
  }

  /** Becomes what another one is. */
  copy(other: Counter): void {
    this.#cells.set(other.#cells);
  }
}

/** How often values were up to each of its bounds. */
export class Histogram {
  readonly #bounds: readonly number[];
  /** The sum, then the counts. */
  readonly #cells: Float64Array;

  constructor(bounds: readonly number[], cells: Float64Array = new Float64Array(Histogram.cells(bounds))) {
    this.#bounds = bounds;
    this.#cells = cells;
  }

  /** Numbers that it is made of, in memory that may be shared with another thread. */
  static cells(bounds: readonly number[]): number {
    return bounds.length + 2;
  }

  /** How many values were above the bound before and up to each; the last were above all bounds. */
  get counts(): readonly number[] {
    return [...this.#cells.subarray(1)];
  }

  get sum(): number {
    return this.#cells[0] ?? 0;
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let index = 0;
    while (index < bounds.length && value > (bounds[index] ?? 0)) index++;
    this.#cells[index + 1] = (this.#cells[index + 1] ?? 0) + 1;
    this.#cells[0] = this.sum + value;
  }

  /** Becomes what another one with these bounds is. */
  copy(other: Histogram): void {
    this.#cells.set(other.#cells);
  }
}

/** A family as it is shown. */
export interface CountedFamily {
  readonly options: FamilyOptions<Labels>;
  /** Upper bounds of the buckets; null for a counter. */
  readonly bounds: readonly number[] | null;
  readonly series: readonly { labels: Readonly<Record<string, string>>; one: Counter | Histogram }[];
}

/** A counter or histogram of one name for each combination of label values that occurred; of all where these are known. */
export class Family<L extends Labels, One extends Counter | Histogram> implements CountedFamily {
  readonly options: FamilyOptions<L>;
  readonly bounds: readonly number[] | null;
  readonly #make: () => One;
  readonly #series = new Map<string, { labels: Readonly<Record<string, string>>; one: One }>();

  constructor(options: FamilyOptions<L>, bounds: readonly number[] | null, make: () => One) {
    this.options = options;
    this.bounds = bounds;
    this.#make = make;
    // From zero on: the first of a kind would be no rise otherwise.
    for (const labels of combinationsOf(options.labels)) this.#get(labels);
  }

  /** The one with these labels. Code that counts often keeps it. */
  of(labels: LabelValues<L>): One {
    return this.#get(labels);
  }

  get series(): { labels: Readonly<Record<string, string>>; one: One }[] {
    return [...this.#series.values()];
  }

  #get(labels: Readonly<Record<string, string>>): One {
    const key = Object.keys(this.options.labels)
      .map((name) => labels[name])
      .join("\n");
    let found = this.#series.get(key);
    if (found === undefined) {
      found = { labels: { ...labels }, one: this.#make() };
      this.#series.set(key, found);
    }
    return found.one;
  }
}

/** Makes a family of counters. Its name ends with `_total`. */
export function counter<const L extends Labels>(options: FamilyOptions<L>): Family<L, Counter> {
  return new Family(options, null, () => new Counter());
}

/** Makes a family of histograms with these upper bounds. */
export function histogram<const L extends Labels>(
  options: FamilyOptions<L> & { bounds: readonly number[] },
): Family<L, Histogram> {
  return new Family(options, options.bounds, () => new Histogram(options.bounds));
}

/** Every combination of label values; none where those of a label are not known. */
function combinationsOf(labels: Labels): Record<string, string>[] {
  let combinations: Record<string, string>[] = [{}];
  for (const [name, values] of Object.entries(labels)) {
    combinations = combinations.flatMap((one) => (values ?? []).map((value) => ({ ...one, [name]: value })));
  }
  return combinations;
}
