import type { Logger } from "pino";
import { createApp } from "./api/app.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import type { StepTypes } from "./connectors/index.ts";
import { StartError } from "./errors.ts";
import type { Messaging } from "./messaging/port.ts";
import { RunRepository } from "./repositories/runs.ts";
import { WorkflowRepository } from "./repositories/workflows.ts";
import { RunService } from "./services/runs.ts";
import { TriggerService } from "./services/triggers.ts";
import { WorkflowService } from "./services/workflows.ts";
import type { Storage } from "./storage/port.ts";

const ARRIVED_MILLISECONDS = 50;
const HEALTH_MILLISECONDS = 10_000;

export interface ServerOptions {
  config: Config;
  storage: Storage;
  messaging: Messaging;
  types: StepTypes;
  clock: Clock;
  log: Logger;
}

/** The API, listening. */
export interface Server {
  address: string;
  /** Takes no new connection and resolves when the requests under way are answered, or after so many milliseconds. */
  stop(milliseconds: number): Promise<void>;
}

/** Serves the API. @throws StartError when the port is taken or not to be had. */
export function startServer({ config, storage, messaging, types, clock, log }: ServerOptions): Server {
  const runs = new RunRepository(storage, clock);
  const app = createApp({
    workflows: new WorkflowService(new WorkflowRepository(storage, clock), clock),
    triggers: new TriggerService(runs, messaging, clock, log),
    runs: new RunService(runs, clock),
    types,
    log,
  });
  listen();
  const { server } = app;
  if (server === null) throw new StartError(`Nothing listens on ${config.HOST}:${config.PORT}`);
  const stopHealth = recordHealth();
  return {
    address: `http://${config.HOST.includes(":") ? `[${config.HOST}]` : config.HOST}:${server.port}`,
    async stop(milliseconds) {
      stopHealth();
      // What had arrived before the signal is in the sockets still; stopping at once would drop it unread.
      await new Promise<void>((resolve) => clock.timer(ARRIVED_MILLISECONDS, resolve));
      const deadline = new Promise<void>((resolve) => clock.timer(milliseconds, resolve));
      await Promise.race([server.stop(), deadline]);
      await server.stop(true);
    },
  };

  function listen(): void {
    try {
      app.listen({ port: config.PORT, hostname: config.HOST });
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : "";
      if (code === "EADDRINUSE") {
        throw new StartError(
          `Port ${config.PORT} on ${config.HOST} is taken; stop what listens there or set another PORT`,
        );
      }
      throw new StartError(
        `Can't listen on ${config.HOST}:${config.PORT} (${String(code)}); set HOST and PORT to an address of this machine`,
      );
    }
  }

  function recordHealth(): () => void {
    let cancel = () => {};
    const record = () => {
      storage.recordHealth("ok").catch((error: unknown) => log.warn({ error: String(error) }, "health not recorded"));
      cancel = clock.timer(HEALTH_MILLISECONDS, record);
    };
    record();
    return () => cancel();
  }
}
