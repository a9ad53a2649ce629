/**
 * tests/run has several files of tests under way at a time, each in a lane of its own: with services and stacks that nobody
 * in another lane kills or freezes.
 */
const LANE = Number(process.env.TEST_LANE ?? 0);
const FIRST_PORT = 16_000;
const PORTS_OF_A_LANE = 1000;
const PORTS_OF_A_STACK = 100;
/** All that has ports in a lane, before the services of tests/run-file. No two lanes share one, and no two stacks. */
const STACKS = [
  "test-stack",
  "fault-stack",
  "services-idle",
  "fault-stack-lists",
  "fault-disk",
  "fault-stack-brokers",
  "fault-stack-replica",
] as const;

/** The name of a folder below `.tools` in this lane. */
export function laneFolder(name: string): string {
  return LANE === 0 ? name : `${name}-${LANE}`;
}

/** The first of the hundred ports that a stack has in this lane. */
export function basePortOf(stack: (typeof STACKS)[number]): number {
  return FIRST_PORT + LANE * PORTS_OF_A_LANE + STACKS.indexOf(stack) * PORTS_OF_A_STACK;
}

/** Where its nginx listens: behind the API processes, between the services. */
export function frontPortOf(stack: (typeof STACKS)[number]): number {
  return basePortOf(stack) + 50;
}
