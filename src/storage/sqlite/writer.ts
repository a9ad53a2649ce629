/**
 * The thread that writes the database file, so that no fsync or checkpoint blocks the event loop of the API. The writes that
 * arrive during a commit are the next group.
 */
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../../clock.ts";
import { openWriter, type Synchronous } from "../../db/sqlite.ts";
import { unpackWrite } from "./wire.ts";
import { commitGroup, type QueuedWrite, writeOperations } from "./writes.ts";

/** The options of the thread. */
export interface WriterOptions {
  file: string;
  synchronous: Synchronous;
}

const port = parentPort;
if (port === null) throw new Error("src/storage/sqlite/writer.ts runs as a thread only");
const { file, synchronous }: WriterOptions = workerData;
const database = openWriter(file, synchronous);
const operations = writeOperations(database, systemClock);
const newest = database.query("select 1 from schema_migrations limit 1");

let group: QueuedWrite[] = [];

port.on("message", (packed: string[] | null) => {
  if (packed === null) {
    commit();
    database.close();
    port.postMessage(null);
    port.close();
    return;
  }
  if (group.length === 0) setImmediate(commit);
  group.push(unpackWrite(packed));
});

function commit(): void {
  const queued = group;
  group = [];
  if (queued.length === 0) return;
  port?.postMessage(JSON.stringify(commitGroup(database, operations, queued)));
  markNewest();
}

/**
 * Reads, and so notes in the memory that all connections share which commit is the newest. The first who reads after a commit does, and
 * that write hangs with the disk, which must not happen to the thread of the API.
 */
function markNewest(): void {
  try {
    newest.get();
  } catch {
    // Whoever reads or writes next is told what is wrong with the file.
  }
}

port.postMessage(JSON.stringify([]));
