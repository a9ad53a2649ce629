/** Every family that is counted, over all that runs in this process. */
import { type CountedFamily, histogram, type Program } from "./counts.ts";

const ALL: readonly Program[] = ["start", "api", "worker"];
const API: readonly Program[] = ["start", "api"];

export const requestSeconds = histogram({
  name: "http_request_duration_seconds",
  help: "From when a request was there until its answer was made, by the path of its route",
  labels: { route: null, method: null, status: null },
  programs: API,
  bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
});
export const eventLoopDelay = histogram({
  name: "workflow_event_loop_delay_seconds",
  help: "How late a timer of 100 ms was: so long does everything on the main thread wait",
  labels: {},
  programs: ALL,
  bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
});

/** All of them, in the order of docs/operations.md. */
export const COUNTS: readonly CountedFamily[] = [requestSeconds, eventLoopDelay];
