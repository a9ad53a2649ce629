/** The logs of parts that are started many times: startPart keeps that of one start before, a suite of many kills all. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Those of the platform's parts, and of earlier starts of the services, whose own are still written. */
const OLD = /^(nginx|api-|worker-)|\.\d+\.log$/;

/** Puts the log of a part that is about to be started again beside its others. */
export function keepLog(folder: string, name: string): void {
  const log = join(folder, "logs", `${name}.log`);
  let number = 1;
  while (existsSync(join(folder, "logs", `${name}.${number}.log`))) number++;
  if (existsSync(log)) renameSync(log, join(folder, "logs", `${name}.${number}.log`));
}

/** All that a part has logged, in order. */
export function readLogs(folder: string, name: string): string {
  const logs = join(folder, "logs");
  const ofPart = new RegExp(`^${name}\\.(\\d+\\.)?log$`);
  const files = existsSync(logs) ? readdirSync(logs).filter((file) => ofPart.test(file)) : [];
  const number = (file: string) => Number(/\.(\d+)\.log$/.exec(file)?.[1] ?? Number.POSITIVE_INFINITY);
  const inOrder = files.toSorted((one, other) => number(one) - number(other));
  return inOrder.map((file) => readFileSync(join(logs, file), "utf8")).join("");
}

/** Removes what an earlier deployment left. */
export function forgetLogs(folder: string): void {
  const logs = join(folder, "logs");
  const files = existsSync(logs) ? readdirSync(logs) : [];
  for (const file of files.filter((name) => OLD.test(name))) rmSync(join(logs, file));
}
