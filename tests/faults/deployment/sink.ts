/** A receiver of webhooks in a process of its own, whose ledger is on disk before it answers: `bun sink.ts <ledger>`. */
import { setPriority } from "node:os";
import { join } from "node:path";
import { at, isObject } from "../../harness/http/json.ts";
import { Ledger, readLedger } from "../load/ledger.ts";

/** One attempt of a webhook, as it came. */
export interface Attempt {
  /** Milliseconds since the epoch, by this machine's clock. */
  at: number;
  /** The header `webhook-id`; empty when there was none. */
  id: string;
  /** Its two parts: the run, and the path of the step. */
  run: string;
  step: string;
  /** Where it was sent, which names the step. */
  path: string;
  /** The body's `n`; null without. */
  n: number | null;
}

export interface Behaviour {
  status?: number;
  /** How long an answer takes, milliseconds. */
  afterMs?: number;
  /** How long the answer to the first attempt of each webhook-id takes, where that is another. */
  firstMs?: number;
  /** So many webhook-ids of a path and an `n` are answered 503, the first that come. */
  fails?: number;
}

export class Sink {
  readonly url: string;
  readonly #ledger: string;
  readonly #child: Bun.Subprocess<"ignore", "pipe", "inherit">;

  private constructor(url: string, ledger: string, child: Bun.Subprocess<"ignore", "pipe", "inherit">) {
    this.url = url;
    this.#ledger = ledger;
    this.#child = child;
  }

  /** Starts one whose ledger is `sink.ledger` in this folder. */
  static async start(folder: string): Promise<Sink> {
    const ledger = join(folder, "sink.ledger");
    const child = Bun.spawn([process.execPath, import.meta.path, ledger], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const { value, done } = await child.stdout.getReader().read();
    if (done) throw new Error("the sink did not start");
    return new Sink(new TextDecoder().decode(value).trim(), ledger, child);
  }

  /** The address of a path that behaves so; its answer is JSON and echoes `n` of the request. */
  addressOf(path: string, { status = 200, afterMs = 0, firstMs = afterMs, fails = 0 }: Behaviour = {}): string {
    return `${this.url}${path}?status=${status}&after=${afterMs}&first=${firstMs}${fails > 0 ? `&fails=${fails}` : ""}`;
  }

  attempts(): Attempt[] {
    return readLedger<Attempt>(this.#ledger);
  }

  async close(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}

/** The webhook-ids that have come: for each path and `n` in order. */
type Seen = Map<string, string[]>;

async function answer(request: Request, ledger: Ledger<Attempt>, seen: Seen): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const id = request.headers.get("webhook-id") ?? "";
  const [run = "", step = ""] = id.split(":");
  const came = Date.now();
  const text = await request.text();
  const body: unknown = text === "" ? null : JSON.parse(text);
  const sent = at(body, "n");
  const n = isObject(body) && typeof sent === "number" ? sent : null;
  const name = `${pathname} ${n}`;
  const ids = seen.get(name) ?? [];
  seen.set(name, ids);
  const wait = searchParams.get(ids.includes(id) ? "after" : "first");
  if (!ids.includes(id)) ids.push(id);
  const hasFailed = ids.indexOf(id) < Number(searchParams.get("fails") ?? 0);
  await ledger.write({ at: came, id, run, step, path: pathname, n });
  await Bun.sleep(Number(wait));
  return Response.json({ got: n }, { status: hasFailed ? 503 : Number(searchParams.get("status") ?? 200) });
}

if (import.meta.main) {
  // Without a processor for long, its queue of new connections overflows, and the kernel resets some: no fault of the platform.
  if (process.getuid?.() === 0) setPriority(-10);
  const ledger = new Ledger<Attempt>(process.argv[2] ?? "");
  const seen: Seen = new Map();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    // A request may be left open for as long as a test wants.
    idleTimeout: 0,
    fetch: (request) => answer(request, ledger, seen),
  });
  console.log(server.url.origin);
}
