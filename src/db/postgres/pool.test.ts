/** The pool on a real PostgreSQL, straight and through a real PgBouncer, on a clock that is twenty times as fast. */
import { afterAll, describe, expect, test } from "bun:test";
import { createConnection, createServer, type Socket } from "node:net";
import pino from "pino";
import { type Clock, systemClock } from "../../clock.ts";
import { loadConfig } from "../../config.ts";
import { PlatformError } from "../../errors.ts";
import { Breaker } from "../../resilience/breaker.ts";
import { connect, newDatabase } from "../../storage/postgres/database.fixture.ts";
import { Pool } from "./pool.ts";
import { openPools } from "./postgres.ts";

const FASTER = 20;
const fast: Clock = {
  ...systemClock,
  monotonic: () => performance.now() * FASTER,
  timer: (milliseconds, callback) => systemClock.timer(milliseconds / FASTER, callback),
};
const log = pino({ level: "silent" });

const name = "pool";
const { url, pooledUrl } = await newDatabase(name);
const admin = connect(url.replace(/\/[^/]*$/, "/postgres"));
const closing: (() => Promise<unknown>)[] = [() => admin.end()];
afterAll(() => Promise.all(closing.map((close) => close())));

function configOf(address: string) {
  const { postgres } = loadConfig({ DATABASE_URL: address });
  if (postgres === null) throw new Error("DATABASE_URL turns PostgreSQL on");
  return postgres;
}

interface Opened {
  pool: Pool;
  breaker: Breaker;
}

function open(address: string, options: { size?: number; clock?: Clock; limitMilliseconds?: number } = {}): Opened {
  const { size = 2, clock = fast, limitMilliseconds = null } = options;
  const breaker: Breaker = new Breaker({ name, clock, log, probe: () => pool.probe() });
  const config = { ...configOf(address), size, clock, limitMilliseconds, log, breaker, isSpare: false };
  const pool: Pool = new Pool(config);
  closing.push(async () => {
    breaker.stop();
    await pool.close();
  });
  return { pool, breaker };
}

/** The code that a statement was rejected with, and how often somebody executes one like it still. */
async function codeOf(statement: Promise<unknown>): Promise<string> {
  return statement.then(
    () => "answered",
    (error: unknown) => (error instanceof PlatformError ? error.code : String(error)),
  );
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let asked = 0; !(await isSo()); asked++) {
    if (asked === 200) throw new Error(`Not so: ${what}`);
    await Bun.sleep(25);
  }
}

const executing = async (text: string): Promise<number> => {
  const [row] = await admin<{ count: number }[]>`select count(*)::integer as count from pg_stat_activity
    where datname = ${name} and state = 'active' and query like ${`%${text}%`}`;
  return row?.count ?? Number.NaN;
};

async function allowConnections(allow: boolean): Promise<void> {
  await admin.unsafe(`alter database ${name} with allow_connections ${allow}`);
  if (!allow) {
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
  }
}

for (const [way, address] of [
  ["straight", url],
  ["through PgBouncer", pooledUrl],
] as const) {
  describe(way, () => {
    test("a statement that is given up is ended on the server, and its connection goes on", async () => {
      const { pool, breaker } = open(address, { size: 1 });
      await pool.run("select 1", []);
      const sleeping = codeOf(pool.run("select pg_sleep($1::float8) as given_up", [60]));
      await until("it is executed", async () => (await executing("given_up")) === 1);
      expect(await sleeping).toBe("storage_unavailable");
      await until("it is ended", async () => (await executing("given_up")) === 0);
      expect(await pool.run<{ n: number }>("select 1 as n", [])).toEqual([{ n: 1 }]);
      expect(breaker.state).toBe("closed");
    });

    test("the server limits a statement by itself", async () => {
      const pools = await openPools(configOf(address), systemClock, log);
      closing.push(() => pools.close());
      for (const pool of [pools.reads, pools.writes]) {
        const rows = await pool.run<{ statement_timeout: string }>("show statement_timeout", []);
        expect(rows).toEqual([{ statement_timeout: "9s" }]);
      }
    });

    test("what is cancelled by the server is 503, and the breaker stays closed", async () => {
      const { pool, breaker } = open(address);
      const sleeping = codeOf(pool.run("select pg_sleep($1::float8) as cancelled", [60]));
      await until("it is executed", async () => (await executing("cancelled")) === 1);
      await admin`select pg_cancel_backend(pid) from pg_stat_activity where query like '%as cancelled%' and datname = ${name}`;
      expect(await sleeping).toBe("storage_unavailable");
      expect(breaker.state).toBe("closed");
    });
  });
}

test("a write to a database that is read-only is 503, and the breaker stays closed", async () => {
  const { pool, breaker } = open(url);
  await pool.run("create table written (n integer)", []);
  await admin.unsafe(`alter database ${name} set default_transaction_read_only = on`);
  const { pool: later } = open(url);
  expect(await codeOf(later.run("insert into written values (1)", []))).toBe("storage_unavailable");
  expect(await later.run("select * from written", [])).toEqual([]);
  await admin.unsafe(`alter database ${name} reset default_transaction_read_only`);
  expect(breaker.state).toBe("closed");
});

test("reads of a locked table are given up, and nothing else is", async () => {
  const [reads, writes] = [open(url), open(url)];
  await writes.pool.run("create table locked (n integer)", []);
  const holder = connect(url);
  await holder.unsafe("begin; lock table locked").simple();
  const given = Array.from({ length: 2 }, () => codeOf(reads.pool.run("select * from locked", [])));
  let isOver = false;
  const meanwhile = (async () => {
    for (let n = 0; !isOver; n++) {
      await writes.pool.run("select $1::integer", [n]);
      expect([reads.breaker.state, writes.breaker.state]).toEqual(["closed", "closed"]);
    }
  })();
  expect(await Promise.all(given)).toEqual(["storage_unavailable", "storage_unavailable"]);
  isOver = true;
  await meanwhile;
  await holder.unsafe("rollback");
  await holder.end();
  expect(await reads.pool.run("select * from locked", [])).toEqual([]);
});

test("a statement that gets to no server is asked again until one takes it, also one that must not be repeated", async () => {
  await open(url).pool.run("create table counted (n integer)", []);
  await allowConnections(false);
  const { pool, breaker } = open(url, { clock: systemClock });
  const asked = Array.from({ length: 4 }, (_, n) => pool.run("insert into counted values ($1)", [n], false));
  await Bun.sleep(300);
  await allowConnections(true);
  await Promise.all(asked);
  expect(await pool.run<{ n: number }>("select n from counted order by n", [])).toHaveLength(4);
  expect(breaker.state).toBe("closed");
});

test("the breaker opens when nothing has worked for a second, and what waits is rejected", async () => {
  const { pool, breaker } = open(url, { clock: systemClock });
  await pool.run("select 1", []);
  await allowConnections(false);
  const start = performance.now();
  const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(pool.run("select 1", []))));
  const took = performance.now() - start;
  await allowConnections(true);
  expect(new Set(codes)).toEqual(new Set(["storage_unavailable"]));
  // Not before, and long before a statement is given up.
  expect(took).toBeWithin(900, 9000);
  await until("it is closed again", async () => breaker.state === "closed");
  expect(await codeOf(pool.run("select 1", []))).toBe("answered");
});

test("after an outage of some seconds no connection is left out, whatever became of it meanwhile", async () => {
  const { port } = new URL(url);
  const way = await forwarder(Number(port));
  const { pool, breaker } = open(url.replace(`:${port}/`, `:${way.port}/`), { size: 4, clock: systemClock });
  const ask = () => Promise.all(Array.from({ length: 40 }, () => codeOf(pool.run("select 1", []))));
  expect(new Set(await ask())).toEqual(new Set(["answered"]));
  way.break();
  for (let round = 0; round < 30; round++) {
    await ask();
    await Bun.sleep(100);
  }
  await way.mend();
  await until("the breaker is closed", async () => breaker.state === "closed");
  const start = performance.now();
  expect(new Set(await ask())).toEqual(new Set(["answered"]));
  // A statement that waits for a connection that is not opened takes 10 s.
  expect(performance.now() - start).toBeLessThan(8000);
});

test("connections that rest are looked after: one that broke is opened again before anybody needs it", async () => {
  const { pool } = open(url, { size: 1 });
  await pool.run("select 1 as rested", []);
  await admin`select pg_terminate_backend(pid) from pg_stat_activity where query = 'select 1 as rested'`;
  await until("it is there again", async () => {
    const rows = await admin`select from pg_stat_activity where datname = ${name} and query = 'select 1'`;
    return rows.length > 0;
  });
});

test("what waits for a connection is bounded, in number and in time", async () => {
  const { pool } = open(url, { size: 1 });
  await pool.run("select 1", []);
  const busy = codeOf(pool.run("select pg_sleep($1::float8)", [60]));
  const waiting = Array.from({ length: 2000 }, () => codeOf(pool.run("select 1", [])));
  expect(await codeOf(pool.run("select 1", []))).toBe("overloaded");
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(["overloaded"]));
  expect(await busy).toBe("storage_unavailable");
  expect(await codeOf(pool.run("select 1", []))).toBe("answered");
});

/** A server that takes connections and does this with each; gives its address and how many came. */
function standIn(take: (socket: Socket) => void): { address: string; taken(): number } {
  let count = 0;
  const server = createServer((socket) => {
    count++;
    socket.on("error", () => socket.destroy());
    take(socket);
  });
  server.listen(0, "127.0.0.1");
  closing.push(async () => server.close());
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("it has no port");
  return { address: `postgres://a:b@127.0.0.1:${bound.port}/c`, taken: () => count };
}

/** A way to a port of this machine that can be broken: its connections end, and nobody listens. */
async function forwarder(to: number): Promise<{ port: number; break(): void; mend(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const join = (client: Socket) => {
    const server = createConnection(to, "127.0.0.1");
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
    }
    client.pipe(server).pipe(client);
  };
  const listen = async (port: number) => {
    const server = createServer(join);
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return server;
  };
  let server = await listen(0);
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("it has no port");
  const end = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  closing.push(async () => end());
  const mend = async () => {
    server = await listen(bound.port);
  };
  return { port: bound.port, break: end, mend };
}

test("a proxy that closes what it takes, since its server is out, is not asked in a loop", async () => {
  const { address, taken } = standIn((socket) => socket.destroy());
  const { pool, breaker } = open(address, { size: 1, clock: systemClock });
  expect(await codeOf(pool.run("select 1", []))).toBe("storage_unavailable");
  expect(breaker.state).not.toBe("closed");
  expect(taken()).toBeWithin(3, 30);
});

test("a server that takes connections and says nothing opens the breaker before the statement is given up", async () => {
  const silent = new Set<Socket>();
  const { address } = standIn((socket) => silent.add(socket));
  const { pool, breaker } = open(address, { size: 1 });
  const asked = codeOf(pool.run("select 1", []));
  await until("the breaker is open", async () => breaker.state !== "closed");
  for (const socket of silent) socket.destroy();
  expect(await asked).toBe("storage_unavailable");
});
