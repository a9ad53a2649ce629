/** A bound that a figure must keep. */
export interface Floor {
  kind: "at_least" | "at_most" | "below";
  value: number;
}

/** What a release must reach on two cores. Rates are ratios to a bare server in the same run. */
export const FLOORS = {
  triggers_to_bare_post: { kind: "at_least", value: 0.4 },
  runs_lost: { kind: "at_most", value: 0 },
  latency_p50_ms: { kind: "at_most", value: 2 },
  latency_p99_ms: { kind: "at_most", value: 10 },
  flow_to_bare_get: { kind: "at_least", value: 0.1 },
  errors: { kind: "at_most", value: 0 },
  memory_mb: { kind: "at_most", value: 250 },
  stall_p99_ms: { kind: "at_most", value: 20 },
  stall_max_ms: { kind: "at_most", value: 100 },
  wal_mb: { kind: "below", value: 64 },
  /** Rate with 1,000,000 runs stored by the rate with none. */
  size_rate: { kind: "at_least", value: 0.8 },
  /** Latency with 1,000,000 runs stored by the latency with none. */
  size_latency: { kind: "at_most", value: 1.2 },
} satisfies Record<string, Floor>;

/** Whether a figure keeps its floor. */
export function keeps(floor: Floor, figure: number): boolean {
  if (floor.kind === "at_least") return figure >= floor.value;
  return floor.kind === "below" ? figure < floor.value : figure <= floor.value;
}

/** The floor as it is printed. */
export function floorText(floor: Floor): string {
  const sign = { at_least: "≥", at_most: "≤", below: "<" }[floor.kind];
  return `${sign} ${floor.value}`;
}
