/** The worker binary: executes runs that other processes accept. */
import { runProgram } from "../src/program.ts";
import { partCollector, readinessOf } from "../src/readiness.ts";
import { startWorker } from "./worker.ts";

if (import.meta.main) {
  await runProgram("worker", false, (parts) => {
    const worker = startWorker(parts);
    parts.log.info({ mode: parts.config.mode, threads: parts.config.WORKER_THREADS }, "working");
    const { readiness } = readinessOf(parts);
    const { stop, collectors } = worker;
    return { stop, ready: () => readiness.check(), collectors: [partCollector(readiness), ...collectors] };
  });
}
