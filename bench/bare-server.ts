// What the platform is measured against: `bun bench/bare-server.ts get|post|nothing` prints the port it listens on.
import { Elysia, t } from "elysia";

const HOST = "127.0.0.1";
// Without reusePort: a forgotten server would otherwise share the port in silence.
const LISTEN = { hostname: HOST, port: 0, reusePort: false };

/** The cheapest route that Elysia can serve. */
function bareGet(): number | undefined {
  return new Elysia().get("/health", () => ({ status: "ok" })).listen(LISTEN).server?.port;
}

/** A POST that validates what a trigger validates and does nothing else. */
function barePost(): number | undefined {
  const body = t.Object(
    {
      workflow_id: t.String({ minLength: 1, maxLength: 255 }),
      payload: t.Optional(t.Record(t.String(), t.Unknown())),
    },
    { additionalProperties: false },
  );
  const reply = { run_id: "019ad5f0-0000-7000-8000-000000000000", status: "triggered" };
  return new Elysia({ normalize: false }).post("/api/v1/trigger", () => reply, { body }).listen(LISTEN).server?.port;
}

/** Answers every packet with the same bytes: as little as a server can do, so that the generator itself is measured. */
function doNothing(): number {
  const reply = Buffer.from(
    'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"status":"ok"}',
  );
  return Bun.listen({
    hostname: HOST,
    port: 0,
    socket: {
      data(socket) {
        socket.write(reply);
      },
    },
  }).port;
}

const kinds: Record<string, () => number | undefined> = { get: bareGet, post: barePost, nothing: doNothing };
const start = kinds[process.argv[2] ?? ""];
if (start === undefined) {
  console.error("usage: bun bench/bare-server.ts get|post|nothing");
  process.exit(1);
}
console.log(JSON.stringify({ msg: "listening", address: `http://${HOST}:${start()}` }));
