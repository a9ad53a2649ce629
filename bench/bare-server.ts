// What the platform is measured against: `bun bench/bare-server.ts get|post|schema|nothing` prints the port it listens on.
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { Elysia, t } from "elysia";
import { readBody } from "../src/api/request/body/body.ts";
import { checked } from "../src/schemas/json/faults.ts";
import { TriggerInput } from "../src/schemas/runs/trigger.ts";

const HOST = "127.0.0.1";
// Without reusePort: a forgotten server would otherwise share the port in silence.
const LISTEN = { hostname: HOST, port: 0, reusePort: false };

/** The cheapest route that Elysia can serve. */
function bareGet(): number | undefined {
  return new Elysia().get("/health", () => ({ status: "ok" })).listen(LISTEN).server?.port;
}

const TRIGGERED = { run_id: "019ad5f0-0000-7000-8000-000000000000", status: "triggered" };

/** A POST that validates what a trigger validates, in the platform's own words, and does nothing else. */
function barePost(): number | undefined {
  const schema = TypeCompiler.Compile(TriggerInput);
  return new Elysia({ normalize: false })
    .post("/api/v1/trigger", async ({ request }) => {
      checked(schema, await readBody(request), "body");
      return TRIGGERED;
    })
    .listen(LISTEN).server?.port;
}

/** A POST that looks at the shape alone, as Elysia does it by itself: not at what the text of the body holds. */
function bareSchema(): number | undefined {
  const body = t.Object(
    {
      workflow_id: t.String({ minLength: 1, maxLength: 255 }),
      payload: t.Optional(t.Record(t.String(), t.Unknown())),
    },
    { additionalProperties: false },
  );
  return new Elysia({ normalize: false }).post("/api/v1/trigger", () => TRIGGERED, { body }).listen(LISTEN).server
    ?.port;
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

const kinds: Record<string, () => number | undefined> = {
  get: bareGet,
  post: barePost,
  schema: bareSchema,
  nothing: doNothing,
};
const start = kinds[process.argv[2] ?? ""];
if (start === undefined) {
  console.error("usage: bun bench/bare-server.ts get|post|schema|nothing");
  process.exit(1);
}
console.log(JSON.stringify({ msg: "listening", address: `http://${HOST}:${start()}` }));
