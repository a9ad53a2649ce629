/**
 * A full disk fails closed: under the SQLite file, under PostgreSQL's data and its log, and under Kafka. What can't be stored
 * is refused with 503 and Retry-After, what was answered 200 is there, and it goes on once there is room.
 */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "../harness/http/client.ts";
import { expectReply } from "../harness/http/expect.ts";
import { Platform } from "../harness/platform.ts";
import { PlatformProcess } from "../harness/processes.ts";
import { newDatabase } from "../harness/under-test.ts";
import { completedEvents } from "./deployment/events.ts";
import { type Case, play } from "./deployment/folder.ts";
import { FrozenDisk } from "./disk/frozen.ts";
import { DiskLoad } from "./disk/load.ts";
import { DiskService } from "./disk/services.ts";
import { SmallDisk } from "./disk/small.ts";
import { until } from "./load/waiting.ts";

const FULL = process.env.TEST_SIZE === "full";
const ROUNDS = FULL ? 8 : 1;
/** Triggers between two faults, at least. */
const BETWEEN = FULL ? 200 : 50;
const REFUSED = 20;
const DEADLINE_MS = 120_000;
const LONGEST_MS = FULL ? 1_200_000 : 500_000;
const FILE_MIB = 128;
const LEASE = { LEASE_SECONDS: "3" };
const STEP = { name: "one", type: "transform", config: { value: 1 } };
const SLEEP = { name: "sleep", type: "delay", config: { duration: 1 } };
const FREEZES = 16;
/** Triggers beside a freeze, one in each millisecond. */
const CROWD = 100;
const READS_MS = 2_000;

function testCase(name: string, work: (scene: Case) => Promise<void>): void {
  // At once: they wait for disks and services of their own most of the time.
  test.concurrent(name, () => play("tests/faults/disk.test.ts", name, work), LONGEST_MS);
}

testCase("embedded: nothing is half stored on a full disk, and it goes on by itself", async ({ random }) => {
  const disk = SmallDisk.mount(mkdtempSync(join(tmpdir(), "full-disk-")), FILE_MIB);
  const platform = await Platform.start({ dataFolder: disk.folder, env: LEASE });
  try {
    const load = await DiskLoad.on(platform.url, random, 10_000);
    for (let round = 0; round < ROUNDS; round++) {
      await load.untilAccepted(BETWEEN, DEADLINE_MS);
      disk.fill();
      // The log is written over in place for a while.
      await load.untilRefused(REFUSED, DEADLINE_MS);
      expectReply(await load.api.get("/health"), 200);
      expectReply(await load.api.get("/api/v1/runs?limit=1"), 200);
      disk.empty();
      await load.untilAccepted(BETWEEN, DEADLINE_MS);
    }
    await load.expectAllThere(DEADLINE_MS, true);
    console.log(`disk, embedded: filled ${ROUNDS} times; ${load}`);
  } finally {
    await platform.close();
    disk.unmount();
    rmSync(disk.folder, { recursive: true });
  }
});

// Its disk has to be a real file system: one in memory can't be frozen.
if (FULL) {
  testCase("embedded: a disk that hangs is 503 within 11 s, and it goes on by itself", async () => {
    const disk = FrozenDisk.mount(mkdtempSync(join(tmpdir(), "frozen-disk-")), FILE_MIB);
    const platform = await Platform.start({ dataFolder: disk.folder });
    const api = new Client(platform.url);
    try {
      await api.post("/api/v1/workflows", { id: "w", name: "w", steps: [STEP] });
      const trigger = () => api.post("/api/v1/trigger", { workflow_id: "w", payload: {} });
      expectReply(await trigger(), 200);
      disk.freeze();
      const start = performance.now();
      const hanging = trigger();
      await until("it says that it is not ready", 10_000, async () => (await api.get("/health/ready")).status === 503);
      expectReply(await api.get("/health"), 200);
      expectReply(await api.get("/api/v1/runs?limit=1"), 200);
      expectReply(await hanging, 503);
      expectReply(await trigger(), 503);
      expect(performance.now() - start).toBeLessThan(11_000);
      disk.thaw();
      await until("it is ready again", 10_000, async () => (await api.get("/health/ready")).status === 200);
      expectReply(await trigger(), 200);
    } finally {
      disk.thaw();
      await platform.close();
      disk.unmount();
    }
  });

  testCase("embedded: reads go on while the disk hangs, though nothing was read since the last write", async () => {
    const disk = FrozenDisk.mount(mkdtempSync(join(tmpdir(), "frozen-disk-")), FILE_MIB);
    const platform = await Platform.start({ dataFolder: disk.folder });
    const api = new Client(platform.url);
    try {
      await api.post("/api/v1/workflows", { id: "w", name: "w", steps: [STEP, SLEEP] });
      for (let round = 0; round < FREEZES; round++) {
        const crowd = Array.from({ length: CROWD }, async (_, n) => {
          await Bun.sleep(n);
          return api.post("/api/v1/trigger", { workflow_id: "w", payload: {} });
        });
        await Promise.any(crowd);
        disk.freeze();
        // The sweeper and others read meanwhile, on the same thread.
        await Bun.sleep(READS_MS);
        const read = await Promise.race([api.get("/api/v1/runs?limit=1"), Bun.sleep(READS_MS)]);
        disk.thaw();
        for (const reply of await Promise.all(crowd)) expectReply(reply, 200);
        expect(read?.status).toBe(200);
      }
    } finally {
      disk.thaw();
      await platform.close();
      disk.unmount();
    }
  });
}

testCase("PostgreSQL: no answered trigger is lost when its data or its log fills the disk", async (scene) => {
  const server = await DiskService.postgres();
  scene.keepsLogsOf(server);
  const processes: PlatformProcess[] = [];
  const byHand = { data: 0, log: 0 };
  try {
    const env = { DATABASE_URL: server.address, ...LEASE };
    for (const role of ["api", "worker"] as const) processes.push(await PlatformProcess.start(role, env));
    const load = await DiskLoad.on(processes[0]?.url ?? "", scene.random, 50_000);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, name] of (["data", "log"] as const).entries()) {
        await load.untilAccepted(BETWEEN, DEADLINE_MS);
        server.disks[index]?.fill();
        await load.untilRefused(REFUSED, DEADLINE_MS);
        expectReply(await load.api.get("/health"), 200);
        server.disks[index]?.empty();
        if (await server.back(DEADLINE_MS)) byHand[name]++;
        await load.untilAccepted(BETWEEN, DEADLINE_MS);
      }
    }
    await load.expectAllThere(DEADLINE_MS, false);
    console.log(
      `disk, PostgreSQL: its data filled ${ROUNDS} times and its log ${ROUNDS} times, after which it had to be started`,
      `by hand ${byHand.data} and ${byHand.log} times; ${load}`,
    );
  } finally {
    await Promise.all(processes.map((one) => one.end("SIGKILL")));
    await server.remove();
  }
});

testCase(
  "Kafka: a full log refuses no trigger, and every completed event is sent once there is room",
  async (scene) => {
    const broker = await DiskService.kafka();
    scene.keepsLogsOf(broker);
    const processes: PlatformProcess[] = [];
    let byHand = 0;
    try {
      const topic = `disk-${process.pid}.completed`;
      const env = {
        DATABASE_URL: await newDatabase(),
        KAFKA_BOOTSTRAP_SERVERS: broker.address,
        KAFKA_CONSUMER_GROUP: `disk-${process.pid}`,
        KAFKA_TOPIC_WORKFLOW_TRIGGER: `disk-${process.pid}.trigger`,
        KAFKA_TOPIC_WORKFLOW_COMPLETED: topic,
        ...LEASE,
      };
      for (const role of ["api", "worker"] as const) processes.push(await PlatformProcess.start(role, env));
      const load = await DiskLoad.on(processes[0]?.url ?? "", scene.random, 20_000);
      for (let round = 0; round < ROUNDS; round++) {
        await load.untilAccepted(BETWEEN, DEADLINE_MS);
        broker.disks[0]?.fill();
        await load.untilAccepted(BETWEEN, DEADLINE_MS);
        await until("the broker is out", DEADLINE_MS, () => !broker.lives);
        broker.disks[0]?.empty();
        if (await broker.back(DEADLINE_MS)) byHand++;
        await load.untilAccepted(BETWEEN, DEADLINE_MS);
      }
      await load.expectAllThere(DEADLINE_MS, true);
      expect(load.refused.size).toBe(0);
      await until(
        "every completed event is with the broker",
        DEADLINE_MS,
        async () => {
          const told = new Set((await completedEvents(broker.address, topic)).map(({ run }) => run));
          return [...load.accepted.keys()].every((run) => told.has(run));
        },
        500,
      );
      console.log(`disk, Kafka: filled ${ROUNDS} times, started by hand ${byHand} times; ${load}`);
    } finally {
      await Promise.all(processes.map((one) => one.end("SIGKILL")));
      await broker.remove();
    }
  },
);
