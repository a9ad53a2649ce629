/** A database that is far away is slow, not out. On a clock that is twenty times as fast. */
import { afterAll, expect, test } from "bun:test";
import { createConnection, createServer, type Socket } from "node:net";
import pino from "pino";
import { type Clock, systemClock } from "../../clock.ts";
import { loadConfig } from "../../config.ts";
import { newDatabase } from "../../storage/postgres/database.fixture.ts";
import { openPools, type Pools, startWith } from "./postgres.ts";

const FASTER = 20;
const fast: Clock = {
  ...systemClock,
  monotonic: () => performance.now() * FASTER,
  timer: (milliseconds, callback) => systemClock.timer(milliseconds / FASTER, callback),
};
const log = pino({ level: "silent" });
const { url } = await newDatabase("far");
const closing: (() => unknown)[] = [];
afterAll(() => Promise.all(closing.map((close) => close())));

/** A way to a port of this machine on which what is sent there takes a while. */
async function wayTo(to: number): Promise<{ port: number; milliseconds: number }> {
  const join = (client: Socket) => {
    const server = createConnection(to, "127.0.0.1");
    for (const socket of [client, server]) socket.on("error", () => socket.destroy());
    client.on("data", (bytes) => systemClock.timer(way.milliseconds / FASTER, () => server.write(bytes)));
    client.on("close", () => server.destroy());
    server.pipe(client);
  };
  const listener = createServer(join);
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  closing.push(() => listener.close());
  const bound = listener.address();
  if (bound === null || typeof bound === "string") throw new Error("it has no port");
  const way = { port: bound.port, milliseconds: 0 };
  return way;
}

async function poolsOn(address: string): Promise<Pools> {
  const { postgres } = loadConfig({ DATABASE_URL: address });
  if (postgres === null) throw new Error("DATABASE_URL turns PostgreSQL on");
  const pools = await openPools(postgres, fast, log);
  closing.push(() => pools.close());
  return pools;
}

const { port } = new URL(url);
const ask = ({ writes, reads }: Pools, n: number) =>
  Promise.all([writes, reads].map((pool) => pool.run(`select $1::integer as n${n}`, [n])));

for (const milliseconds of [1500, 3000]) {
  test(`opened ${milliseconds} ms away, it answers, and the breaker stays closed`, async () => {
    const way = await wayTo(Number(port));
    way.milliseconds = milliseconds;
    const pools = await poolsOn(url.replace(`:${port}/`, `:${way.port}/`));
    await pools.open();
    for (let n = 0; n < 3; n++) {
      expect(await ask(pools, n)).toHaveLength(2);
      expect(pools.breaker()).toBe("closed");
    }
  });

  test(`moved ${milliseconds} ms away while it is used, it is found again, with all connections new`, async () => {
    const way = await wayTo(Number(port));
    const pools = await poolsOn(url.replace(`:${port}/`, `:${way.port}/`));
    way.milliseconds = milliseconds;
    const deadline = fast.monotonic() + 120_000;
    const answered = () =>
      ask(pools, 0).then(
        () => true,
        () => false,
      );
    for (let row = 0; row < 4; ) {
      if (fast.monotonic() > deadline) throw new Error("It is out or comes and goes still after two minutes");
      row = (await answered()) ? row + 1 : 0;
      await Bun.sleep(10);
    }
    expect(pools.breaker()).toBe("closed");
  });
}

test("where no connection can be opened, a start ends with one sentence, and with what the server says", async () => {
  const pools = await poolsOn(url.replace(/:[^:@]*@/, ":wrong@"));
  const start = startWith(
    "DATABASE_URL",
    fast,
    () => {},
    () => pools.open(),
  );
  expect(start).rejects.toThrow(
    /^PostgreSQL can't be used \(password authentication failed for user "\w+"\); check DATABASE_URL$/,
  );
  await start.catch(() => {});
});
