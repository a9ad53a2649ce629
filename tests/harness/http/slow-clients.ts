/** Clients that send a byte a second, as one does who wants to hold connections for nothing. */
import type { Socket } from "bun";

/** How a client's connection ended; open while it has not. */
export interface Ending {
  /** Seconds since the first of them began; null while it is open. */
  after: number | null;
  /** What it was told. */
  reply: string;
}

const GROUPS = 10;
const GROUP_MS = 1000 / GROUPS;

export class SlowClients {
  readonly endings: Ending[] = [];
  readonly #sockets: (Socket | null)[] = [];
  readonly #start = performance.now();
  #turn = 0;
  readonly #timer = setInterval(() => this.#send(), GROUP_MS);

  /**
   * Opens so many connections.
   *
   * @param begin what each sends at once; the rest is one letter a second, for ever
   */
  static async open(url: string, count: number, begin: string): Promise<SlowClients> {
    const clients = new SlowClients();
    const { hostname, port } = new URL(url);
    await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const ending: Ending = { after: null, reply: "" };
        clients.endings.push(ending);
        const over = () => {
          ending.after ??= clients.seconds;
          clients.#sockets[index] = null;
        };
        clients.#sockets[index] = await Bun.connect({
          hostname,
          port: Number(port),
          socket: {
            open: (socket) => {
              socket.write(begin);
            },
            data: (_, bytes) => {
              ending.reply += bytes.toString();
            },
            end: over,
            close: over,
            error: over,
          },
        });
      }),
    );
    return clients;
  }

  /** Since the first of them began. */
  get seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  get stillOpen(): number {
    return this.endings.filter(({ after }) => after === null).length;
  }

  close(): void {
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket?.end();
  }

  /** A tenth of them at a time, so that a second's bytes do not come at once. */
  #send(): void {
    const turn = this.#turn++ % GROUPS;
    for (let index = turn; index < this.#sockets.length; index += GROUPS) this.#sockets[index]?.write("a");
  }
}
