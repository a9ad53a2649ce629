/**
 * tests/run has two files of tests under way at a time, each in a lane of its own: with services and stacks that nobody in
 * the other lane kills or freezes.
 */
const LANE = Number(process.env.TEST_LANE ?? 0);
const PORTS_APART = 200;

/** The name of a folder below `.tools` in this lane. */
export function laneFolder(name: string): string {
  return LANE === 0 ? name : `${name}-${LANE}`;
}

/** A port in this lane, given the first lane's. */
export function lanePort(port: number): number {
  return port + LANE * PORTS_APART;
}
