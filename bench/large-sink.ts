// A receiver of webhooks whose replies are large: `bun bench/large-sink.ts <count>` prints the address it listens on. POST
// /large is answered with 1 MiB once so many are there, or no more have come for a while; POST /small at once, with nothing;
// GET says how many of each there were.
const count = Number(process.argv[2] ?? 1);
const QUIET_MS = 3000;
// An output has room for 1 MiB of JSON, and the reply is not all of it.
const reply = "a".repeat(1024 * 1024 - 1000);

const held = new Set<() => void>();
let most = 0;
let small = 0;
let isOpen = false;
let timer: ReturnType<typeof setTimeout> | undefined;

function open(): void {
  isOpen = true;
  clearTimeout(timer);
  for (const answer of held) answer();
}

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  idleTimeout: 0,
  async fetch(request) {
    if (request.method === "GET") return Response.json({ most, small });
    await request.arrayBuffer();
    if (request.url.endsWith("/small")) {
      small++;
      return new Response(undefined, { status: 204 });
    }
    if (!isOpen) {
      const answered = new Promise<void>((resolve) => held.add(resolve));
      most = held.size;
      clearTimeout(timer);
      timer = setTimeout(open, QUIET_MS);
      if (most === count) open();
      await answered;
    }
    return new Response(reply);
  },
});
console.log(JSON.stringify({ msg: "listening", address: `http://127.0.0.1:${server.port}` }));
process.on("SIGTERM", () => process.exit(0));

// A module, so that its names are its own.
export {};
