/**
 * The program of the process for runs that have to be alone: one thread, whose tasks and results it passes on. It has no life of
 * its own: it ends with the process that started it, however that ends.
 */
import { writeFileSync } from "node:fs";
import { messageOf } from "../../../src/errors.ts";
import { OwnThreads, type Threads } from "../threads.ts";
import { type FromProcess, MEMORY, type ToProcess } from "./messages.ts";

let threads: Threads | null = null;

if (import.meta.main) {
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
  // A terminal sends these to both processes, and runs under way are waited for.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
  killFirst();
  process.on("message", (message: ToProcess) => {
    if (message.kind === "run") run(message.id, message.task);
    else {
      const memory = {
        progress: `/dev/fd/${MEMORY.progress}`,
        replies: `/dev/fd/${MEMORY.replies}`,
        counts: `/dev/fd/${MEMORY.counts}`,
      };
      threads = new OwnThreads(
        1,
        { ...message.settings, ...memory },
        {
          maxTasks: message.maxTasks,
          onMessage: (packed) => send({ kind: "posted", packed }),
        },
      );
    }
  });
  send({ kind: "ready" });
}

async function run(id: number, task: (ToProcess & { kind: "run" })["task"]): Promise<void> {
  try {
    if (threads === null) throw new Error("No thread was opened");
    send({ kind: "done", id, results: await threads.run(0, task, 1) });
  } catch (error) {
    send({ kind: "failed", id, error: messageOf(error) });
  }
}

function send(message: FromProcess): void {
  process.send?.(message);
}

/** Where memory runs out, the kernel is to kill this process before any other (proc(5), oom_score_adj). */
function killFirst(): void {
  try {
    writeFileSync("/proc/self/oom_score_adj", "1000");
  } catch {
    // Without procfs the kernel chooses.
  }
}
