/** A broker of a test's own, to be stopped, frozen and wiped. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endAll } from "../../../infrastructure/local/processes/ending.ts";
import { isPortFree } from "../../../infrastructure/local/processes/kernel.ts";
import { recordsIn } from "../../../infrastructure/local/processes/parts.ts";
import { servicesDown, servicesUp } from "../../../infrastructure/local/services.ts";

export class OwnBroker {
  readonly #folder = mkdtempSync(join(tmpdir(), "kafka-"));
  readonly #port: number;
  readonly #configuration: (port: number) => string[];

  /** `configuration` gives lines of the broker's configuration, by its port; the seven behind it are free. */
  constructor(configuration: (port: number) => string[] = () => []) {
    this.#configuration = configuration;
    this.#port = freePort();
  }

  get port(): number {
    return this.#port;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** The folder of its logs, a folder for each partition. */
  get data(): string {
    return join(this.#folder, "kafka", "data");
  }

  async start(): Promise<void> {
    const kafka = { more: this.#configuration(this.#port) };
    await servicesUp(["kafka"], { folder: this.#folder, ports: { kafka: this.#port }, kafka });
  }

  /** Ends it; its data stays. */
  async stop(): Promise<void> {
    await endAll(this.#folder);
  }

  /** Ends it, and removes all that it knew. */
  async wipe(): Promise<void> {
    await servicesDown({ folder: this.#folder });
  }

  /** It stays connected and says nothing. */
  freeze(): void {
    this.#signal("SIGSTOP");
  }

  thaw(): void {
    this.#signal("SIGCONT");
  }

  async remove(): Promise<void> {
    await this.wipe();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #signal(signal: "SIGSTOP" | "SIGCONT"): void {
    for (const { pid } of recordsIn(this.#folder)) process.kill(pid, signal);
  }
}

/** A free port whose next ones are free as well: the broker takes one of them, and listeners of a test others. */
function freePort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if ([0, 1, 2, 3, 4, 5, 6, 7].every((offset) => isPortFree(port + offset))) return port;
  }
}
