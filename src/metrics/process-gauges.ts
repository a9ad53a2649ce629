/** What is read of the process itself, under the names that every Prometheus client has for it. */
import { PROGRAMS } from "./counts.ts";
import { ReadFamily } from "./readings.ts";

export const processCpu = new ReadFamily(
  {
    name: "process_cpu_seconds_total",
    help: "CPU time of the process with all its threads, user and system",
    labels: {},
    programs: PROGRAMS,
  },
  "counter",
);
export const processMemory = new ReadFamily({
  name: "process_resident_memory_bytes",
  help: "Resident memory of the process",
  labels: {},
  programs: PROGRAMS,
});
export const processOpenFiles = new ReadFamily({
  name: "process_open_fds",
  help: "File descriptors that are open",
  labels: {},
  programs: PROGRAMS,
});
export const processMaxFiles = new ReadFamily({
  name: "process_max_fds",
  help: "File descriptors that may be open",
  labels: {},
  programs: PROGRAMS,
});
export const processStart = new ReadFamily({
  name: "process_start_time_seconds",
  help: "When the process started, seconds since the epoch",
  labels: {},
  programs: PROGRAMS,
});

/** All of them, in the order of docs/operations.md. */
export const PROCESS_GAUGES = [processCpu, processMemory, processOpenFiles, processMaxFiles, processStart];
