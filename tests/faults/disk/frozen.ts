/** A file system in a file, whose writes can be made to hang as those of a disk that does not answer. */
import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const MIB = 1_048_576;

export class FrozenDisk {
  /** Where it is mounted. */
  readonly folder: string;
  readonly #around: string;
  #isFrozen = false;

  private constructor(around: string) {
    this.#around = around;
    this.folder = join(around, "disk");
  }

  /** Makes and mounts one within a folder. @throws Error where mounting is not allowed */
  static mount(around: string, mebibytes: number): FrozenDisk {
    const disk = new FrozenDisk(around);
    const image = join(around, "image");
    writeFileSync(image, "");
    truncateSync(image, mebibytes * MIB);
    mkdirSync(disk.folder);
    command("mkfs.ext4", "-q", "-F", image);
    command("mount", "-o", "loop", image, disk.folder);
    return disk;
  }

  freeze(): void {
    command("fsfreeze", "--freeze", this.folder);
    this.#isFrozen = true;
  }

  thaw(): void {
    if (this.#isFrozen) command("fsfreeze", "--unfreeze", this.folder);
    this.#isFrozen = false;
  }

  /** Unmounts and removes it. */
  unmount(): void {
    command("umount", this.folder);
    rmSync(this.#around, { recursive: true });
  }
}

function command(...words: string[]): void {
  const { success, stderr } = Bun.spawnSync(words);
  if (!success) throw new Error(`${words.join(" ")}: ${stderr.toString().trim()}`);
}
