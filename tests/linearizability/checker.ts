/** Asks Porcupine whether a history can be explained: https://github.com/anishathalye/porcupine */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { outcomeOf } from "../../infrastructure/local/processes/packages.ts";
import { goProgram } from "../harness/go.ts";

const SOURCES = join(import.meta.dir, "checker");

/** The objects whose operations no order explains, each in a line with their number; empty where all is well. */
export async function unexplained(history: string): Promise<string[]> {
  const program = await goProgram(`linearizability-${versionOf(SOURCES)}`, { folder: SOURCES });
  const child = Bun.spawn([program], { stdio: [new TextEncoder().encode(history), "pipe", "pipe"], env: {} });
  const { code, printed, complaint } = await outcomeOf(child);
  const lines = printed.split("\n").filter((line) => line !== "");
  if (complaint !== "" || (code !== 0 && lines.length === 0))
    throw new Error(`The checker ended with ${code}: ${complaint}`);
  return lines;
}

/** Another text is another program. */
function versionOf(folder: string): string {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const name of readdirSync(folder).toSorted()) hasher.update(readFileSync(join(folder, name)));
  return hasher.digest("hex").slice(0, 12);
}
