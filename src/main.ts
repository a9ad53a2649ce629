/** All in one: API and workers in one process. */
import { startWorker } from "../workers/worker.ts";
import { type Parts, runProgram } from "./parts.ts";
import { announce, REQUESTS_MILLISECONDS, startServer } from "./server.ts";

await runProgram("start", true, (parts: Parts) => {
  const server = startServer(parts);
  const worker = startWorker(parts);
  announce(parts.config, server, parts.log);
  return async () => {
    await server.stop(REQUESTS_MILLISECONDS);
    await worker.stop();
  };
});
