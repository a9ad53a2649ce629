import type { Clock } from "../../src/clock.ts";
import type { Storage } from "../../src/storage/port.ts";
import { connect, newDatabase, optionsFor } from "../../src/storage/postgres/database.fixture.ts";
import { openPostgresStorage } from "../../src/storage/postgres/index.ts";
import type { Ground } from "./ground.ts";

const TABLES = [
  ...["workflow_definitions", "workflow_versions", "workflow_runs", "run_queue", "run_log", "workers"],
  ...["run_turns", "turn_locks"],
];
const EMPTY = TABLES.map((table) => `delete from ${table}`).join(";");
const START = Date.UTC(2030, 0, 1);

// In every session these are found before PostgreSQL's own.
const TIME = `create schema simulated;
  create table simulated.clock (at timestamptz not null);
  insert into simulated.clock values (to_timestamp(${START / 1000}));
  create function simulated.now() returns timestamptz language sql stable as 'select at from simulated.clock';
  create function simulated.clock_timestamp() returns timestamptz language sql stable as 'select at from simulated.clock'`;

/** A real PostgreSQL whose time is the scheduler's: its now() is the simulation's. Statements are carried out one after the other. */
export async function postgresGround(name: string): Promise<Ground & { close(): Promise<void> }> {
  const { url } = await newDatabase(name);
  const first = connect(url);
  await first.unsafe(TIME).simple();
  await first.unsafe(`alter database ${name} set search_path = simulated, public, pg_catalog`);
  await first.unsafe(`alter database ${name} set synchronous_commit = off`);
  await first.end();
  const control = connect(url);
  let time = START;
  let told = START;
  let now = () => START;
  const machine: Clock = { now: () => now(), monotonic: () => now(), timer: () => () => {}, nextTurn: () => {} };
  const { storage } = await openPostgresStorage({ ...optionsFor(url), machine });
  let last: Promise<unknown> = Promise.resolve();
  let underWay = 0;

  /** Carries out an operation at the scheduler's time, after those that came before. */
  function inTurn<Result>(operation: () => Promise<Result>): Promise<Result> {
    underWay++;
    const result = last.then(async () => {
      time = now();
      if (time !== told) await control`update simulated.clock set at = to_timestamp(${time / 1000})`;
      told = time;
      return operation();
    });
    last = result.catch(() => {}).finally(() => underWay--);
    return result;
  }

  const taken: Storage = new Proxy(storage, {
    get(target, property) {
      const member = Reflect.get(target, property);
      if (typeof member !== "function") return member;
      return (...parameters: unknown[]) =>
        inTurn(async (): Promise<unknown> => Reflect.apply(member, target, parameters));
    },
  });
  return {
    async empty(scheduler) {
      await control.unsafe(EMPTY).simple();
      now = () => scheduler.time;
      return taken;
    },
    async settled() {
      while (underWay > 0) await last;
    },
    async close() {
      await storage.close();
      await control.end();
    },
  };
}
