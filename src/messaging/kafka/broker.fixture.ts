/** A broker of a test's own, to be stopped, frozen and wiped. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endAll } from "../../../infrastructure/local/ending.ts";
import { isPortFree } from "../../../infrastructure/local/kernel.ts";
import { recordsIn } from "../../../infrastructure/local/parts.ts";
import { servicesDown, servicesUp } from "../../../infrastructure/local/services.ts";

export class OwnBroker {
  readonly #folder = mkdtempSync(join(tmpdir(), "kafka-"));
  readonly #port = freePort();

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** The folder of its logs, a folder for each partition. */
  get data(): string {
    return join(this.#folder, "kafka", "data");
  }

  async start(): Promise<void> {
    await servicesUp(["kafka"], { folder: this.#folder, ports: { kafka: this.#port } });
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

/** A free port whose next one, which the broker takes too, is free as well. */
function freePort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (isPortFree(port) && isPortFree(port + 1)) return port;
  }
}
