/** How many connections there are, and what happens where there can be no more. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { failureOf, open, RawServer, reply, replying, send } from "./kit.fixture.ts";

const HOSTS = process.env.TEST_SIZE === "full" ? 10_000 : 500;
const KIT = join(import.meta.dir, "kit.fixture.ts");

const limits = (perHost: number, total: number, idle = total) => ({ limits: { perHost, total, idle } });
const many = <Result>(count: number, work: (n: number) => Promise<Result>) =>
  Promise.all(Array.from({ length: count }, (_, n) => work(n)));

/** How many connections are open once there are no more than expected, or after 5 s: no idle one is closed by itself so soon. */
async function leftOpen(server: RawServer, expected: number): Promise<number> {
  const deadline = performance.now() + 5000;
  do await Bun.sleep(50);
  while (server.open > expected && performance.now() < deadline);
  return server.open;
}

test("a host gets as many connections as it may have, and the other requests wait for one", async () => {
  let open1 = 0;
  let most = 0;
  const server = await RawServer.start((_request, socket) => {
    most = Math.max(most, ++open1);
    setTimeout(() => {
      open1--;
      socket.write(reply("ok"));
    }, 5);
  });
  const client = open(limits(4, 100));
  for (const { data } of await many(40, () => send(client, { url: server.url() }))) expect(data).toBe("ok");
  expect({ most, connections: server.connections }).toEqual({ most: 4, connections: 4 });
  client.close();
  server.close();
});

test("who waits for a connection of a host that hangs fails in time, and gives nobody's place away", async () => {
  const server = await RawServer.start(({ head }, socket) => {
    if (head.startsWith("GET /ok")) socket.write(reply("ok"));
  });
  const client = open(limits(2, 100));
  const hanging = await many(6, () => failureOf(send(client, { url: server.url() }, AbortSignal.timeout(100))));
  for (const failure of hanging) expect(failure).toMatchObject({ code: "timeout" });
  for (const { data } of await many(6, () => send(client, { url: server.url("/ok") }))) expect(data).toBe("ok");
  client.close();
  server.close();
});

test(`${HOSTS} hosts once each leave no more connections than may be idle`, async () => {
  const server = await RawServer.start(replying(reply("ok")));
  const client = open(limits(10, 30, 20), async () => ["127.0.0.1"]);
  for (let n = 0; n < HOSTS; n += 10) {
    await many(10, (one) => send(client, { url: server.url("/", `host-${n + one}.example`) }));
    expect(server.open).toBeLessThanOrEqual(40);
  }
  expect(server.connections).toBe(HOSTS);
  expect(await leftOpen(server, 20)).toBe(20);
  client.close();
  expect(await leftOpen(server, 0)).toBe(0);
  server.close();
}, 60_000);

describe("where no connection can be opened", () => {
  test("because there are as many as there may be, it is no failure of the step", async () => {
    const server = await RawServer.start(({ head }, socket) => {
      if (head.startsWith("GET /ok")) socket.write(reply("ok"));
    });
    const client = open(limits(10, 2), async () => ["127.0.0.1"]);
    const hanging = many(2, (n) =>
      failureOf(send(client, { url: server.url("/", `${n}.example`) }, AbortSignal.timeout(200))),
    );
    expect(
      String(await send(client, { url: server.url("/ok", "c.example") }).catch((error) => error.constructor.name)),
    ).toBe("OutOfDescriptors");
    await hanging;
    expect(await send(client, { url: server.url("/ok", "c.example") })).toMatchObject({ data: "ok" });
    client.close();
    server.close();
  });

  test("because the process has no descriptors left, it is none either, by address and by name", async () => {
    const server = await RawServer.start(replying(reply("ok")));
    const script = `
      import { openSync, closeSync } from "node:fs";
      import { systemResolve } from ${JSON.stringify(join(import.meta.dir, "../guard/resolve.ts"))};
      import { open, send } from ${JSON.stringify(KIT)};
      const client = open({}, systemResolve);
      const url = ${JSON.stringify(server.url())};
      const results = [(await send(client, { url })).data];
      client.close();
      const held = [];
      try { for (;;) held.push(openSync("/dev/null", "r")); } catch (error) { results.push(error.code); }
      for (const one of [url, "http://name.invalid/"]) {
        results.push(await send(client, { url: one }).catch((error) => error.constructor.name));
      }
      for (const descriptor of held) closeSync(descriptor);
      results.push((await send(client, { url })).data);
      console.log(JSON.stringify(results));
      process.exit();
    `;
    const child = Bun.spawn(["sh", "-c", 'ulimit -n 100; exec "$0" -e "$1"', process.execPath, script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const printed = await new Response(child.stdout).text();
    expect(JSON.parse(printed || "null")).toEqual(["ok", "EMFILE", "OutOfDescriptors", "OutOfDescriptors", "ok"]);
    server.close();
  });
});
