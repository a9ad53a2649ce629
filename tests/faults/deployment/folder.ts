/** The folder of one case: ledgers are written there, and when it fails, logs, seed and reason are left beside them. */
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { REPOSITORY } from "../../harness/platform.ts";
import { Random } from "../../simulation/scheduler.ts";
import type { Deployment } from "./deployment.ts";

const SEEDS = 2 ** 31;

/** What a case has to work with. */
export interface Case {
  folder: string;
  /** FAULT_SEED, or a new one. */
  seed: number;
  random: Random;
  /** The logs of this deployment are kept when the case fails. */
  keepsLogsOf(deployment: Pick<Deployment, "folder">): void;
}

/**
 * Plays a case. When it fails, its folder stays, and its path and the command that repeats it are printed.
 *
 * @param file the test file, from the root of the repository
 * @param name the test's name, as `bun test -t` finds it; its words become the folder's name
 */
export async function play(file: string, name: string, work: (scene: Case) => Promise<void>): Promise<void> {
  const seed = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * SEEDS));
  const time = new Date().toISOString().replace(/[:.]/g, "-");
  const folder = join(REPOSITORY, ".tools/faults", `${name.replace(/[^a-z0-9]+/gi, "-").slice(0, 60)}-${time}`);
  mkdirSync(folder, { recursive: true });
  const logs = new Set<string>();
  const keepsLogsOf = (deployment: Pick<Deployment, "folder">) => {
    logs.add(join(deployment.folder, "logs"));
  };
  try {
    await work({ folder, seed, random: new Random(seed), keepsLogsOf });
  } catch (error) {
    for (const [index, path] of [...logs].entries()) {
      if (existsSync(path)) cpSync(path, join(folder, index === 0 ? "logs" : `logs-${index + 1}`), { recursive: true });
    }
    const size = process.env.TEST_SIZE ?? "short";
    const command = `FAULT_SEED=${seed} TEST_SIZE=${size} bun test --timeout 60000 ./${file} -t ${JSON.stringify(name)}`;
    writeFileSync(join(folder, "failure.txt"), `${command}\n\n${Bun.inspect(error)}\n`);
    console.error(`kept: ${relative(REPOSITORY, folder)}\nrepeat: ${command}`);
    throw error;
  }
  rmSync(folder, { recursive: true });
}
