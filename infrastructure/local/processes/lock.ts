import { mkdirSync } from "node:fs";
import { join } from "node:path";

const PATIENCE_SECONDS = 900;

/**
 * Does the work while no other process does any on the same folder. The lock is the kernel's, held by a child that ends
 * with this process however it ends.
 *
 * @throws Error when another process keeps the folder for too long.
 */
export async function withLock<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  mkdirSync(folder, { recursive: true });
  const command = ["flock", "--wait", String(PATIENCE_SECONDS), join(folder, "lock"), "sh", "-c", "echo; exec cat"];
  const holder = Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  const { done } = await holder.stdout.getReader().read();
  if (done) throw new Error(`Another process has kept ${folder} for ${PATIENCE_SECONDS} s; end it and try again`);
  try {
    return await work();
  } finally {
    await holder.stdin.end();
    await holder.exited;
  }
}
