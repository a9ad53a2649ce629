import { closeSync, openSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Memory that this process shares with those that it starts: a file without a name, which is gone with the last of them. */
export class MappedFile {
  /** For `stdio` of a process, which maps `/dev/fd/<number there>`. */
  readonly descriptor: number;
  readonly buffer: ArrayBufferLike;

  constructor(bytes: number) {
    const path = join(tmpdir(), `workflow-platform-${crypto.randomUUID()}`);
    this.descriptor = openSync(path, "wx+", 0o600);
    try {
      // Written, not only made so long: where the disk is full, memory that is not there yet would kill this process.
      writeFileSync(this.descriptor, new Uint8Array(bytes));
      this.buffer = Bun.mmap(path).buffer;
    } catch (error) {
      closeSync(this.descriptor);
      throw error;
    } finally {
      unlinkSync(path);
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
