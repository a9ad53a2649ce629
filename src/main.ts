/** All in one: API and workers in one process. */
import { startWorker } from "../workers/worker.ts";
import { announce } from "./announce.ts";
import type { Parts } from "./assemble.ts";
import { runProgram } from "./program.ts";
import { partCollector } from "./readiness.ts";
import { startServer } from "./server.ts";

await runProgram("start", true, (parts: Parts) => {
  const server = startServer(parts);
  const worker = startWorker(parts);
  announce(parts.config, server.address, parts.log);
  const { readiness } = server;
  return {
    async stop(hurry) {
      await server.stop(hurry);
      await worker.stop(hurry);
    },
    ready: () => readiness.check(),
    collectors: [partCollector(readiness), ...worker.collectors],
  };
});
