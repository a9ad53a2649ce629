/** What is kept of a set of durations. All figures in milliseconds. */
export interface Summary {
  count: number;
  mean: number;
  p50: number;
  p95: number;
  p99: number;
  p999: number;
  max: number;
}

/** The value below which `share` (0–1) of the ascending `sorted` values lie, by nearest rank; 0 when there are none. */
export function percentile(sorted: Float64Array, share: number): number {
  const rank = Math.max(0, Math.ceil(share * sorted.length) - 1);
  return sorted[rank] ?? 0;
}

/** The middle one of a few repetitions, chosen by the given figure (the lower one of the two middles). */
export function medianBy<T>(repetitions: readonly T[], figure: (one: T) => number): T {
  const sorted = [...repetitions].sort((a, b) => figure(a) - figure(b));
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new Error("a median needs at least one repetition");
  return middle;
}

/** Keeps every single duration (ms), so that percentiles are exact and no outlier falls between two buckets. */
export class Samples {
  private values = new Float64Array(4096);
  private count = 0;

  /** Adds one duration in milliseconds. */
  add(milliseconds: number): void {
    if (this.count === this.values.length) {
      const larger = new Float64Array(this.values.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.count++] = milliseconds;
  }

  /** Count, mean, percentiles and maximum of what was added, in milliseconds. */
  summary(): Summary {
    const sorted = this.values.slice(0, this.count).sort();
    let sum = 0;
    for (const value of sorted) sum += value;
    return {
      count: this.count,
      mean: this.count === 0 ? 0 : sum / this.count,
      p50: percentile(sorted, 0.5),
      p95: percentile(sorted, 0.95),
      p99: percentile(sorted, 0.99),
      p999: percentile(sorted, 0.999),
      max: sorted[sorted.length - 1] ?? 0,
    };
  }
}
