// A receiver of webhooks with a ledger: `bun bench/sink.ts` prints the address it listens on. POST is a webhook, GET
// answers how often each `webhook-id` came.
const ledger = new Map<string, number>();
let nameless = 0;

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  idleTimeout: 0,
  async fetch(request) {
    if (request.method === "GET") return Response.json({ ids: Object.fromEntries(ledger), nameless });
    await request.arrayBuffer();
    const id = request.headers.get("webhook-id");
    if (id === null) nameless++;
    else ledger.set(id, (ledger.get(id) ?? 0) + 1);
    return new Response(undefined, { status: 204 });
  },
});
console.log(JSON.stringify({ msg: "listening", address: `http://127.0.0.1:${server.port}` }));
process.on("SIGTERM", () => process.exit(0));
