/** How long runs took, by time: counted in buckets, of which there are few whatever the times are. */

/** Runs that took as long as a bucket says, within a minute. */
export interface DurationCount {
  namespace: string;
  /** ALL_WORKFLOWS is for those of all. */
  workflowUuid: string;
  /** Since 1970. */
  minute: number;
  /** See bucketOf. */
  bucket: number;
  count: number;
}

export const ALL_WORKFLOWS = "00000000-0000-0000-0000-000000000000";

/** A time of which it is asked how long runs took, from a minute on until now. */
export interface DurationsAsked {
  namespace: string;
  /** Minutes since 1970; the begin of an hour where hours are asked for that were put together. */
  from: number;
  /** ALL_WORKFLOWS among them is for those of all. */
  workflows: string[];
}

/** Runs of a workflow that took as long as a bucket says. */
export type DurationsFound = Pick<DurationCount, "workflowUuid" | "bucket" | "count">;

/** Of each doubling of the time: a bucket ends a fifth later than it begins. */
const BUCKETS_A_DOUBLING = 4;
/** Longer than any run is kept. */
const LAST_BUCKET = 1 + BUCKETS_A_DOUBLING * 40;

/** Where a time in milliseconds is counted. */
export function bucketOf(milliseconds: number): number {
  if (!(milliseconds >= 1)) return 0;
  return Math.min(LAST_BUCKET, 1 + Math.floor(BUCKETS_A_DOUBLING * Math.log2(milliseconds)));
}

/** When a bucket begins, in milliseconds. */
function beginOf(bucket: number): number {
  return bucket === 0 ? 0 : 2 ** ((bucket - 1) / BUCKETS_A_DOUBLING);
}

/**
 * The time in milliseconds that a share of the runs did not exceed, as even within their bucket; null without runs.
 *
 * @param share from 0 to 1
 */
export function quantileOf(buckets: Pick<DurationsFound, "bucket" | "count">[], share: number): number | null {
  const all = buckets.reduce((sum, { count }) => sum + count, 0);
  let left = all * share;
  for (const { bucket, count } of buckets.toSorted((one, other) => one.bucket - other.bucket)) {
    if (count > 0 && left <= count) {
      const begin = beginOf(bucket);
      return begin + (beginOf(bucket + 1) - begin) * (left / count);
    }
    left -= count;
  }
  return null;
}
