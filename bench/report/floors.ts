import type { Mode } from "../settings.ts";

/** A bound that a figure must keep. */
export interface Floor {
  kind: "at_least" | "at_most" | "below";
  value: number;
}

const atLeast = (value: number): Floor => ({ kind: "at_least", value });
const atMost = (value: number): Floor => ({ kind: "at_most", value });
const below = (value: number): Floor => ({ kind: "below", value });
const always = (floor: Floor) => ({ embedded: floor, stack: floor, url: floor });
const ours = (floor: Floor) => ({ embedded: floor, stack: floor });

/**
 * What a release must reach on two cores, by mode: embedded, and the full stack through nginx. Of a platform that someone
 * else runs only what is right or wrong is judged. Rates of the flow and of triggers are ratios to a bare server in the
 * same run, because machines differ.
 */
const FLOORS = {
  errors: always(atMost(0)),
  runs_lost: always(atMost(0)),
  flow_to_bare_get: { embedded: atLeast(0.1), stack: atLeast(0.065) },
  /** CPU of all processes for a request, by that of a bare GET. */
  flow_cpu_to_bare_get: { stack: atMost(20) },
  flow_p99_ms: { embedded: atMost(250) },
  flow_many_p99_ms: { embedded: atMost(2000), stack: atMost(3000) },
  triggers_to_bare_post: { embedded: atLeast(0.4) },
  /** With few connections waiting bounds it, as docs/performance.md shows. */
  few_triggers_to_bare_post: { embedded: atLeast(0.3) },
  /** Triggers in batches by triggers alone. */
  batch_to_alone: ours(atLeast(3)),
  runs_per_second: { embedded: atLeast(10_000), stack: atLeast(3000) },
  drained_per_second: { embedded: atLeast(10_000), stack: atLeast(6000) },
  alone_p50_ms: { embedded: atMost(2) },
  alone_p99_ms: { embedded: atMost(10) },
  latency_p50_ms: { embedded: atMost(3), stack: atMost(5) },
  latency_p99_ms: { embedded: atMost(15), stack: atMost(15) },
  delay_after_last_s: { embedded: atMost(3), stack: atMost(5) },
  chain_to_bare_get: { embedded: atLeast(0.066), stack: atLeast(0.024) },
  chain_p50_ms: { embedded: atMost(4), stack: atMost(10) },
  chain_p99_ms: { embedded: atMost(15), stack: atMost(40) },
  /** From the end of a webhook step to the end of the next. */
  step_p50_ms: { stack: atMost(10) },
  step_p99_ms: { stack: atMost(30) },
  automation_to_bare_post: { embedded: atLeast(0.022), stack: atLeast(0.01) },
  /** Without the second that the run sleeps. */
  automation_p50_ms: { stack: atMost(30) },
  automation_p99_ms: { stack: atMost(120) },
  /** CPU of a late step by that of an early one. */
  long_cpu: ours(atMost(1.3)),
  /** A latency beside a hanging host by that without. */
  beside_hanging: ours(atMost(2)),
  wal_bytes: { stack: atMost(1890) },
  platform_mb: { embedded: atMost(250) },
  api_mb: { stack: atMost(200) },
  worker_mb: { stack: atMost(250) },
  stall_p99_ms: { embedded: atMost(20) },
  stall_max_ms: { embedded: atMost(100) },
  /** The slowest trigger, and the slowest page, while half of the stored runs are dropped. */
  retention_max_ms: ours(atMost(300)),
  /** Of the last tenth of the time that an old snapshot is held and the first: the rate, and p99. */
  old_snapshot: { stack: atMost(1.1) },
  /** Above idle. */
  replies_mb: ours(atMost(300)),
  /** The slowest of the expressions that were written to take long, and a usual condition. */
  bomb_ms: ours(atMost(50)),
  condition_us: ours(atMost(5)),
  wal_mb: { embedded: below(64) },
  /** Rates with many runs stored by those with none; of the soak, the last third by the first. */
  flat_rate: ours(atLeast(0.8)),
  /** The same for latencies and memory. */
  flat_cost: ours(atMost(1.2)),
} satisfies Record<string, Partial<Record<Mode, Floor>>>;

export type FloorName = keyof typeof FLOORS;

/** The floor of that name in a mode; undefined where there is none. */
export function floorOf(mode: Mode, name: FloorName): Floor | undefined {
  const floors: Partial<Record<Mode, Floor>> = FLOORS[name];
  return floors[mode];
}

/** Requests a second of the bare POST on the machine that floors of times are for, where they scale. */
const REFERENCE_POST = 60_000;

/** A floor of a time, as long for a machine by how many a second its bare POST makes. */
export function scaledBy(floor: Floor, barePost: number): Floor {
  return { ...floor, value: Math.round((10 * floor.value * REFERENCE_POST) / barePost) / 10 };
}

/** Whether a figure keeps its floor. */
export function keeps(floor: Floor, figure: number): boolean {
  if (floor.kind === "at_least") return figure >= floor.value;
  return floor.kind === "below" ? figure < floor.value : figure <= floor.value;
}

/** The floor as it is printed. */
export function floorText(floor: Floor): string {
  const sign = { at_least: "≥", at_most: "≤", below: "<" }[floor.kind];
  return `${sign} ${floor.value.toLocaleString("en-US")}`;
}
