import type { Database } from "bun:sqlite";
import type { Clock } from "../../../clock.ts";
import { reading } from "../../../db/sqlite.ts";
import type { Hooks as HooksPort, Outcome } from "../../port.ts";
import { UNSTORABLE } from "../../refusals.ts";
import type { Committer } from "../commit.ts";
import { Hooks } from "./hooks.ts";

/** The hooks of the port: reads on `reader`, writes by the committer. */
export function hooksOf(reader: Database, committer: Committer, clock: Clock): HooksPort {
  const hooks = new Hooks(reader, clock);
  return {
    insert: async (item) => onlyOf(await committer.write("insertHooks", [item])),
    rotate: async (key, tokenHash) => onlyOf(await committer.write("rotateHooks", [{ ...key, tokenHash }])),
    delete: async (key) => onlyOf(await committer.write("deleteHooks", [key])),
    find: async (key) => reading(() => hooks.find(key)),
    findByToken: async (tokenHash) => reading(() => hooks.findByToken(tokenHash)),
    list: async (page) => reading(() => hooks.list(page)),
    takeDelivery: (delivery) => committer.write("takeDelivery", delivery),
  };
}

function onlyOf<Value>([outcome]: Outcome<Value>[]): Outcome<Value> {
  return outcome ?? UNSTORABLE;
}
