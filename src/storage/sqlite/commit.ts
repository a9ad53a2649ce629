import type { Database } from "bun:sqlite";
import { Worker } from "node:worker_threads";
import { systemClock } from "../../clock.ts";
import { PlatformError } from "../../errors.ts";
import { within } from "../../resilience/waiting.ts";
import { Outstanding } from "./outstanding.ts";
import { packWrite } from "./wire.ts";
import type { WriterOptions } from "./writer.ts";
import type { WriteArgument, WriteName, WriteOperations, WriteResult } from "./writes.ts";

/** Commits writes. Resolves with the result of each; rejects with storage_unavailable if its group failed. */
export interface Committer {
  write<Name extends WriteName>(name: Name, argument: WriteArgument[Name]): Promise<WriteResult[Name]>;
  /** Resolves when nothing waits to be written, after 50 ms at most. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

/** Writes on this thread at once: for a database in memory, where there is nothing to wait for. */
export class LocalCommitter implements Committer {
  readonly #database: Database;
  readonly #operations: WriteOperations;

  constructor(database: Database, operations: WriteOperations) {
    this.#database = database;
    this.#operations = operations;
  }

  async write<Name extends WriteName>(name: Name, argument: WriteArgument[Name]): Promise<WriteResult[Name]> {
    const operations: WriteOperations = this.#operations;
    this.#database.query("begin immediate").run();
    try {
      const result = operations[name](argument);
      operations.writeCounts(null);
      this.#database.query("commit").run();
      return result;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.query("rollback").run();
      operations.dropCounts(null);
      throw error;
    }
  }

  async quiet(): Promise<void> {}

  async close(): Promise<void> {
    this.#database.close();
  }
}

/** How long the thread may take to commit its last writes; while the disk hangs it does not answer. */
const CLOSE_MILLISECONDS = 5000;
/** The pause between checks whether writes wait, and the number of checks. */
const QUIET_MILLISECONDS = 5;
const QUIET_LOOKS = 10;

/** Hands writes to the thread of writer.ts. */
export class ThreadCommitter implements Committer {
  readonly #worker: Worker;
  readonly #outstanding = new Outstanding(systemClock);
  #closed: (() => void) | null = null;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Resolves when the thread has opened and migrated the file; rejects with its error. */
  static start(options: WriterOptions, onDeath: (error: unknown) => void): Promise<ThreadCommitter> {
    const worker = new Worker(new URL("./writer.ts", import.meta.url), { workerData: options });
    const committer = new ThreadCommitter(worker);
    return new Promise((resolve, reject) => {
      worker.once("error", reject);
      worker.once("message", () => {
        worker.off("error", reject);
        worker.on("error", onDeath);
        worker.on("message", (text: string | null) => committer.#receive(text));
        resolve(committer);
      });
    });
  }

  write<Name extends WriteName>(name: Name, argument: WriteArgument[Name]): Promise<WriteResult[Name]> {
    if (this.#closed !== null) return Promise.reject(new PlatformError("storage_unavailable"));
    return this.#outstanding.add((id) => this.#worker.postMessage(packWrite({ id, name, argument })));
  }

  async quiet(): Promise<void> {
    for (let look = 0; look < QUIET_LOOKS && this.#outstanding.size > 0; look++) {
      await new Promise<void>((resolve) => systemClock.timer(QUIET_MILLISECONDS, resolve));
    }
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#closed = resolve;
    });
    this.#worker.postMessage(null);
    this.#outstanding.stop();
    const late = () => new PlatformError("storage_unavailable", "", { cause: "the disk hangs" });
    await within(systemClock, CLOSE_MILLISECONDS, closed, late);
    await this.#worker.terminate();
  }

  #receive(text: string | null): void {
    if (text === null) {
      this.#closed?.();
      return;
    }
    this.#outstanding.answer(JSON.parse(text));
  }
}
