import type { Database } from "bun:sqlite";
import type { Clock } from "../../../clock.ts";
import { reading } from "../../../db/sqlite.ts";
import type { BulkActions as BulkActionsPort } from "../../port.ts";
import type { Committer } from "../commit.ts";
import type { IdsUnderWay } from "../ids.ts";
import { BulkActions } from "./bulk.ts";

/** The actions of the port: reads on `reader`, writes by the committer. */
export function bulkOf(reader: Database, committer: Committer, clock: Clock, ids: IdsUnderWay): BulkActionsPort {
  const bulk = new BulkActions(reader, clock, null);
  return {
    insert: (item) => committer.write("insertBulk", item),
    find: async (key) => reading(() => bulk.find(key)),
    list: async (page) => reading(() => bulk.list(page)),
    stop: (key) => committer.write("stopBulk", key),
    nextDue: async () => reading(() => bulk.nextDue()),
    claimDue: (holdMilliseconds) => committer.write("claimBulk", holdMilliseconds),
    move: ({ retries, ...move }) =>
      ids.store(retries, (named) => committer.write("moveBulk", { ...move, retries: named })),
  };
}
