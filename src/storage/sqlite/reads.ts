/** The reads of the port, on one SQLite connection. */
import type { Database } from "bun:sqlite";
import { reading } from "../../db/sqlite.ts";
import type { Reads } from "../port.ts";
import type { Definitions } from "./definitions.ts";
import { Looks } from "./finding/looks.ts";
import { smallProgressIn } from "./finding/small-progress.ts";
import type { Runs } from "./runs.ts";

interface Parts {
  definitions: Definitions;
  runs: Runs;
  /** Before which id all rows are stored. */
  settled(): string;
}

export function readsOf(reader: Database, { definitions, runs, settled }: Parts): Reads {
  const looks = new Looks(reader);
  return {
    findWorkflows: async (items) => reading(() => items.map((item) => definitions.find(item))),
    listWorkflows: async (page) => reading(() => definitions.list(page, settled())),
    listVersions: async (lookup) => reading(() => definitions.versions(lookup)),
    findRuns: async (keys) => reading(() => keys.map((key) => runs.find(key))),
    listRuns: async (page) => reading(() => runs.list(page, settled())),
    lookForRuns: async (look) => reading(() => looks.look(look, settled())),
    findSmallProgress: async (keys) => reading(() => smallProgressIn(reader, keys)),
  };
}
