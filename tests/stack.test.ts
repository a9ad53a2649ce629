/** The real services that tests use. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SQL } from "bun";
import { isUncollected, processOf } from "../infrastructure/local/processes/kernel.ts";
import { isAlive, recordsIn } from "../infrastructure/local/processes/parts.ts";
import { passwordFile, passwordOf } from "../infrastructure/local/secrets.ts";
import { untilLeft } from "../infrastructure/local/services/postgres.ts";
import { SERVICES, servicesDown, servicesUp } from "../infrastructure/local/services.ts";
import { REPOSITORY } from "./harness/platform.ts";
import { freePorts, pidsIn, recordOf, replaced, until } from "./harness/stack.fixture.ts";

// The first time Kafka is fetched.
setDefaultTimeout(180_000);

describe("the services", () => {
  // A folder of mode 700, which the user that PostgreSQL runs as can't enter.
  const folder = mkdtempSync(join(tmpdir(), "services-test-"));
  const first = freePorts(5);
  const ports = { postgres: first, pgbouncer: first + 1, redis: first + 2, kafka: first + 3 };
  let addresses: Awaited<ReturnType<typeof servicesUp>>;
  beforeAll(async () => {
    process.env.TEST_SECRET = "of the tests";
    addresses = await servicesUp(SERVICES, { folder, ports });
  });
  afterAll(async () => {
    await servicesDown({ folder });
    rmSync(folder, { recursive: true });
  });

  test("are where they were told to be, and stay when they are asked for again", async () => {
    expect(addresses).toEqual({
      postgres: `postgres://platform:${passwordOf(folder, "postgres")}@127.0.0.1:${first}/platform`,
      pgbouncer: `postgres://platform:${passwordOf(folder, "postgres")}@127.0.0.1:${first + 1}/platform`,
      redis: `redis://:${passwordOf(folder, "redis")}@127.0.0.1:${first + 2}`,
      kafka: `127.0.0.1:${first + 3}`,
    });
    const pids = pidsIn(folder);
    expect(await servicesUp(SERVICES, { folder })).toEqual(addresses);
    expect(pidsIn(folder)).toEqual(pids);
  });

  test("have random passwords in files of ours alone, which no command line, record, log or other environment has", async () => {
    const passwords = (["postgres", "redis"] as const).map((service) => passwordOf(folder, service));
    for (const password of passwords) expect(password).toMatch(/^[0-9a-f]{48}$/);
    expect(statSync(passwordFile(folder, "redis")).mode & 0o777).toBe(0o600);
    const redis = new Bun.RedisClient(addresses.redis.replace(/:[^:@]*@/, ""));
    await expect(redis.send("PING", [])).rejects.toThrow("NOAUTH");
    redis.close();
    const texts = recordsIn(folder).flatMap((record) => [
      JSON.stringify(record),
      readFileSync(record.log, "utf8"),
      ...["cmdline", "environ"].map((name) => readFileSync(`/proc/${record.pid}/${name}`, "utf8")),
    ]);
    // Nor does a service get what else is in our environment.
    for (const text of texts) for (const secret of [...passwords, "TEST_SECRET"]) expect(text).not.toContain(secret);
  });

  test("PostgreSQL writes down what is slow or fails without what was sent", async () => {
    const sql = new SQL(addresses.postgres, { max: 1 });
    await sql`select pg_sleep(1.1), ${"a-slow-payload"}::text`;
    await expect(sql`select ${"{a-wrong-payload"}::text::jsonb`.execute()).rejects.toThrow();
    await sql.unsafe("create temporary table small (text text check (length(text) < 3))");
    await expect(sql`insert into small values (${"a-long-payload"})`.execute()).rejects.toThrow();
    await sql.close();
    const log = readFileSync(recordOf(folder, "postgres").log, "utf8");
    expect(log).toContain("pg_sleep(1.1)");
    expect(log).toContain("violates check constraint");
    expect(log).not.toMatch(/a-(slow|wrong|long)-payload/);
  });

  test("PostgreSQL keeps what it said, and PgBouncer leads to every database", async () => {
    const direct = new SQL(addresses.postgres, { max: 1 });
    for (const name of ["fsync", "synchronous_commit", "full_page_writes"]) {
      expect(await direct.unsafe(`show ${name}`).values()).toEqual([["on"]]);
    }
    await direct.unsafe("create database of_a_test");
    const pooled = new SQL(addresses.pgbouncer.replace(/platform$/, "of_a_test"), { max: 1, prepare: false });
    expect(await pooled.unsafe("select current_database()").values()).toEqual([["of_a_test"]]);
    await pooled.close();
    await direct.unsafe("drop database of_a_test with (force)");
    await direct.close();
  });

  test("Redis forgets what was not asked for lately, and keeps nothing on disk", async () => {
    const redis = new Bun.RedisClient(addresses.redis);
    expect(await redis.send("CONFIG", ["GET", "maxmemory*"])).toMatchObject({
      maxmemory: String(256 * 1024 * 1024),
      "maxmemory-policy": "allkeys-lru",
    });
    expect(await redis.send("CONFIG", ["GET", "save"])).toEqual({ save: "" });
    redis.close();
  });

  test("what died is started again, the others are left alone", async () => {
    const before = pidsIn(folder);
    const redis = recordOf(folder, "redis");
    process.kill(redis.pid, "SIGKILL");
    while (isAlive(redis)) await Bun.sleep(5);
    expect(await servicesUp(["redis", "postgres"], { folder })).toMatchObject({ redis: addresses.redis });
    expect(replaced(before, pidsIn(folder))).toEqual(["redis"]);
  });

  test("PostgreSQL that was killed is started again once its last child has ended", async () => {
    const sql = new SQL(addresses.postgres, { max: 1 });
    const [[backend]] = await sql.unsafe("select pg_backend_pid()").values();
    const postgres = recordOf(folder, "postgres");
    process.kill(backend, "SIGSTOP");
    process.kill(postgres.pid, "SIGKILL");
    while (isAlive(postgres)) await Bun.sleep(5);
    const started = servicesUp(["postgres"], { folder });
    await Bun.sleep(1500);
    process.kill(backend, "SIGCONT");
    expect(await started).toMatchObject({ postgres: addresses.postgres });
    await sql.close();
  });

  test("a port that is taken, and another address than before, are said", async () => {
    const other = mkdtempSync(join(tmpdir(), "services-test-"));
    const taken = servicesUp(["redis"], { folder: other, ports: { redis: ports.redis } });
    await expect(taken).rejects.toThrow(`something else listens on 127.0.0.1:${ports.redis}`);
    await expect(servicesUp(["redis"], { folder, ports: { redis: first + 4 } })).rejects.toThrow("runs on");
    rmSync(other, { recursive: true });
  });
});

test("a PostgreSQL that is dead and not collected is waited for: its number looks alive to the next one", async () => {
  const data = mkdtempSync(join(tmpdir(), "services-test-"));
  // Its child is dead soon, and collected when the parent has ended as well: a shell would collect it, were it still one by then.
  const parent = Bun.spawn(["sh", "-c", "sleep 0.5 & echo $!; exec sleep 30"], { stdout: "pipe" });
  const { value } = await parent.stdout.getReader().read();
  const pid = Number(new TextDecoder().decode(value));
  await until("it is dead", () => isUncollected(pid));
  await Bun.write(join(data, "postmaster.pid"), `${pid}\n${data}\n`);
  let isOver = false;
  const left = untilLeft(data).then(() => {
    isOver = true;
  });
  await Bun.sleep(300);
  expect(isOver).toBe(false);
  parent.kill();
  await left;
  expect(isUncollected(pid)).toBe(false);
  rmSync(data, { recursive: true });
});

describe("what was started", () => {
  test("once by several processes at once, is ended, and nothing else", async () => {
    const folder = mkdtempSync(join(tmpdir(), "services-test-"));
    const script = `import { servicesUp } from "./infrastructure/local/services.ts";
      console.log((await servicesUp(["redis"], { folder: ${JSON.stringify(folder)} })).redis);`;
    const starts = Array.from({ length: 4 }, () =>
      new Response(Bun.spawn([process.execPath, "-e", script], { cwd: REPOSITORY }).stdout).text(),
    );
    const [address, ...same] = await Promise.all(starts);
    expect(address).toMatch(/^redis:\/\/:[0-9a-f]{48}@127\.0\.0\.1:\d+\n$/);
    for (const other of same) expect(other).toBe(String(address));
    const own = recordOf(folder, "redis");

    // Another of the same kind, with a session of its own as all parts have.
    const redis = ["setsid", "redis-server", "--port", String(freePorts(1)), "--save", "", "--dir", folder];
    const foreign = Bun.spawn(redis, { stdout: "ignore" });
    await until("it leads its session", () => processOf(foreign.pid)?.session === foreign.pid);
    // As after a restart of the machine: the number in a record is now somebody else's.
    const startTime = (processOf(foreign.pid)?.startTime ?? 0) - 1;
    await Bun.write(
      join(folder, "run/kafka.json"),
      JSON.stringify({ ...own, name: "kafka", pid: foreign.pid, startTime }),
    );
    await servicesDown({ folder });
    expect(isAlive(own)).toBe(false);
    expect(foreign.signalCode).toBe(null);
    expect(processOf(foreign.pid)).not.toBe(null);
    expect(recordsIn(folder)).toEqual([]);
    foreign.kill();
    await foreign.exited;
    rmSync(folder, { recursive: true });
  });
});
