/** API and worker processes, apart or in one, on services and topics of their own. */
import { servicesUp } from "../../infrastructure/local/services.ts";
import { fieldsOf, REPOSITORY, SINKS } from "./platform.ts";
import { newDatabase } from "./under-test.ts";

const START_DEADLINE_MS = 50_000;
/** The scripts of package.json: `bun run api`, `bun run worker`, `bun start`. */
const ENTRIES = { api: "src/server.ts", worker: "workers/main.ts", start: "src/main.ts" };
const READY = { api: "listening", worker: "working", start: "listening" };

export type Role = keyof typeof ENTRIES;

/** One process of the platform. */
export class PlatformProcess {
  readonly role: Role;
  /** Where it listens; empty for a worker. */
  url = "";
  /** Everything that it logged. */
  readonly logs: Record<string, unknown>[] = [];
  readonly #child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  #output: Promise<unknown> = Promise.resolve();

  private constructor(role: Role, environment: Record<string, string>) {
    this.role = role;
    this.#child = spawn(role, environment);
  }

  /** @throws Error with what it printed, when it is not at work in time. */
  static async start(
    role: Role,
    environment: Record<string, string>,
    milliseconds = START_DEADLINE_MS,
  ): Promise<PlatformProcess> {
    const started = new PlatformProcess(role, environment);
    await started.#ready(milliseconds);
    return started;
  }

  /** Ends it and resolves once it is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal);
    await this.#child.exited;
    await this.#output;
  }

  /** The last line that it logged with this message. */
  logged(message: string): Record<string, unknown> | undefined {
    return this.logs.findLast(({ msg }) => msg === message);
  }

  async #ready(milliseconds: number): Promise<void> {
    const ready = Promise.withResolvers<void>();
    let errors = "";
    const complaining = readText(this.#child.stderr, (text) => {
      errors += text;
    });
    let rest = "";
    const reading = readText(this.#child.stdout, (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const fields = fieldsOf(line);
        this.logs.push(fields);
        if (fields.msg !== READY[this.role]) continue;
        if (typeof fields.address === "string") this.url = fields.address;
        ready.resolve();
      }
    });
    this.#output = Promise.all([reading, complaining]);
    const said = () => `${this.role}: ${this.logs.map((line) => JSON.stringify(line)).join("\n")}\n${errors}`;
    this.#output.then(() => ready.reject(new Error(`ended at its start: ${said()}`)));
    const impatient = setTimeout(() => ready.reject(new Error(`not at work in time: ${said()}`)), milliseconds);
    try {
      await ready.promise;
    } finally {
      clearTimeout(impatient);
    }
  }
}

/** Starts a process that is expected to refuse; resolves with how it did. */
export async function startRefusedAs(
  role: Role,
  environment: Record<string, string>,
): Promise<{ code: number; stderr: string }> {
  const child = spawn(role, environment);
  const impatient = setTimeout(() => child.kill("SIGKILL"), START_DEADLINE_MS);
  const [stderr, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  clearTimeout(impatient);
  return { code, stderr };
}

function spawn(role: Role, environment: Record<string, string>): Bun.Subprocess<"ignore", "pipe", "pipe"> {
  const { PATH = "", HOME = "" } = process.env;
  return Bun.spawn(["bun", ENTRIES[role]], {
    cwd: REPOSITORY,
    env: { PATH, HOME, PORT: "0", HOST: "127.0.0.1", WORKER_THREADS: "1", WEBHOOK_ALLOW: SINKS, ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function readText(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }));
}

/** The environment of a full deployment with a database, topics and a group of its own. */
export async function ownDeployment(partitions: number): Promise<Record<string, string>> {
  const { kafka, redis } = await servicesUp(["postgres", "kafka", "redis"]);
  const name = `test-${process.pid}-${++deployments}`;
  return {
    DATABASE_URL: await newDatabase(),
    KAFKA_BOOTSTRAP_SERVERS: kafka,
    KAFKA_CONSUMER_GROUP: name,
    KAFKA_TOPIC_WORKFLOW_TRIGGER: `${name}.trigger`,
    KAFKA_TOPIC_WORKFLOW_COMPLETED: `${name}.completed`,
    KAFKA_PARTITIONS: String(partitions),
    REDIS_URL: `${redis}/${(process.pid + deployments) % 16}`,
  };
}
let deployments = 0;
