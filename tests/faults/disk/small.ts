/** A small file system in memory that can be filled to the last page. */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";

const MIB = 1_048_576;
const PAGE = 4096;

export class SmallDisk {
  readonly folder: string;
  readonly #mebibytes: number;
  readonly #ballast: string;

  private constructor(folder: string, mebibytes: number) {
    this.folder = folder;
    this.#mebibytes = mebibytes;
    this.#ballast = join(folder, "ballast");
  }

  /** Mounts one at a folder, which is made; one that an earlier test left there goes first. @throws Error where mounting is not allowed */
  static mount(folder: string, mebibytes: number): SmallDisk {
    mkdirSync(folder, { recursive: true });
    while (isMounted(folder)) command("umount", "--lazy", folder);
    const complaint = command("mount", "-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", folder);
    if (complaint !== null) {
      throw new Error(`This test fills small disks, and may not mount one: run it as root (mount says: ${complaint})`);
    }
    return new SmallDisk(folder, mebibytes);
  }

  /** Takes all the room that is left; what is written over in place still fits. */
  fill(): void {
    const file = openSync(this.#ballast, "a");
    try {
      for (const size of [MIB, PAGE]) while (append(file, size)) {}
    } finally {
      closeSync(file);
    }
  }

  /** Gives as much room as there was at first, however much of it is in use by now, as its operator would. */
  empty(): void {
    rmSync(this.#ballast, { force: true });
    const { blocks, bfree, bsize } = statfsSync(this.folder);
    const bytes = (blocks - bfree) * bsize + this.#mebibytes * MIB;
    const complaint = command("mount", "-o", `remount,size=${bytes}`, this.folder);
    if (complaint !== null) throw new Error(complaint);
  }

  unmount(): void {
    // Lazily: whoever still has a file open must not keep it here.
    const complaint = command("umount", "--lazy", this.folder);
    if (complaint !== null) throw new Error(complaint);
  }
}

function append(file: number, size: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(size)) > 0;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOSPC") return false;
    throw error;
  }
}

function isMounted(folder: string): boolean {
  return readFileSync("/proc/mounts", "utf8").includes(` ${folder} `);
}

/** Null when it went well, else what it says. */
function command(...words: string[]): string | null {
  const { success, stderr } = Bun.spawnSync(words);
  return success ? null : stderr.toString().trim();
}
