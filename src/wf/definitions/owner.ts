import { hostname } from "node:os";
import { relative, resolve } from "node:path";

/**
 * Whose definitions those of a folder are, as `managed_by`: the folder in its repository, or where there is none, in this machine.
 * No commit is in it, since each would make a new version of every workflow.
 */
export function ownerOf(folder: string): string {
  const path = resolve(folder);
  const remote = git(path, "config", "--get", "remote.origin.url");
  const root = git(path, "rev-parse", "--show-toplevel");
  if (remote === "" || root === "") return `${hostname()}:${path}`;
  const inside = relative(root, path);
  return `${withoutPassword(remote)}${inside === "" ? "" : ` ${inside}`}`;
}

function git(folder: string, ...words: string[]): string {
  try {
    const { stdout, exitCode } = Bun.spawnSync(["git", "-C", folder, ...words], { stderr: "ignore" });
    return exitCode === 0 ? stdout.toString().trim() : "";
  } catch {
    // There is no git.
    return "";
  }
}

/** What is stored with definitions is read by everybody. */
function withoutPassword(remote: string): string {
  return remote.replace(/^(\w+:\/\/)[^/@]*@/, "$1");
}
