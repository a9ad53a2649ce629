import { createServer, type Server } from "node:net";

/** A host that takes every request and answers none. */
export class SilentHost {
  /** Connections that are open. */
  open = 0;
  /** Connections that came. */
  came = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((socket) => {
      this.open++;
      this.came++;
      socket.on("error", () => {});
      socket.on("close", () => this.open--);
      socket.resume();
    });
  }

  static async start(): Promise<SilentHost> {
    const host = new SilentHost();
    await new Promise<void>((resolve) => host.#server.listen(0, "127.0.0.1", resolve));
    return host;
  }

  get port(): number {
    const address = this.#server.address();
    return address !== null && typeof address === "object" ? address.port : 0;
  }

  close(): void {
    this.#server.close();
  }
}
