/** A process that tells that it is there, on a clock that is moved by hand. */
import { expect, test } from "bun:test";
import pino from "pino";
import { HandClock, settled } from "../clock.fixture.ts";
import type { WorkerLease } from "../storage/port.ts";
import { Presence } from "./presence.ts";

const LEASE = 3000;

function scene() {
  const clock = new HandClock();
  const told: string[] = [];
  const trouble = { isOut: false, isLost: false };
  const note = (word: string, { worker, about }: WorkerLease) => {
    if (trouble.isOut) throw new Error("out");
    told.push(`${word} ${worker} ${about?.kind} ${about?.underWay}`);
  };
  const storage = {
    startLease: async (lease: WorkerLease) => note("start", lease),
    async renewLease(lease: WorkerLease) {
      note("renew", lease);
      return trouble.isLost ? { kind: "lost" as const } : { kind: "ok" as const, value: null };
    },
  };
  let requests = 0;
  const log = pino({ level: "silent" });
  const presence = new Presence({ storage, clock, log, leaseMilliseconds: LEASE, requests: () => requests++ });
  const next = async () => {
    clock.ring();
    await settled();
    return told.splice(0).map((line) => line.split(" "));
  };
  return { clock, presence, told, trouble, next };
}

test("it begins a lease and renews it, each time with the requests that are under way", async () => {
  const { presence, told, next } = scene();
  presence.start();
  await settled();
  const [first = ""] = told.splice(0);
  const [, id = ""] = first.split(" ");
  expect(first).toBe(`start ${id} api 0`);
  expect(await next()).toEqual([["renew", id, "api", "1"]]);
  presence.stop();
  expect(await next()).toEqual([]);
});

test("where its lease is lost, or could not be begun, it begins another one", async () => {
  const { presence, told, trouble, next } = scene();
  trouble.isOut = true;
  presence.start();
  await settled();
  expect(told).toEqual([]);
  trouble.isOut = false;
  const [[began, id] = []] = await next();
  expect(began).toBe("start");
  trouble.isLost = true;
  const [renewed, again] = await next();
  expect(renewed).toEqual(["renew", id ?? "", "api", "2"]);
  expect(again?.[0]).toBe("start");
  expect(again?.[1]).not.toBe(id);
  // A renewal without an answer may have been one: the lease is kept.
  trouble.isLost = false;
  trouble.isOut = true;
  expect(await next()).toEqual([]);
  trouble.isOut = false;
  expect(await next()).toEqual([["renew", again?.[1] ?? "", "api", "4"]]);
});
