/** Calls the command `wf` as its users do. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REPOSITORY } from "./platform.ts";

export interface Called {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface CallOptions {
  /** Of the platform; without one nothing answers. */
  url?: string;
  cwd?: string;
  stdin?: string;
  env?: Record<string, string>;
}

export const PROGRAM = join(REPOSITORY, "src/wf/main.ts");
/** Nothing listens there. */
const NOWHERE = "http://127.0.0.1:1";

export function environment({ url = NOWHERE, env = {} }: CallOptions): Record<string, string> {
  const { PATH = "", HOME = "" } = process.env;
  return { PATH, HOME, WF_URL: url, ...env };
}

/** A call that goes on until it is ended. */
export function start(words: string[], options: CallOptions = {}) {
  return Bun.spawn(["bun", PROGRAM, ...words], {
    cwd: options.cwd ?? REPOSITORY,
    env: environment(options),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

export async function wf(words: string[], options: CallOptions = {}): Promise<Called> {
  const child = Bun.spawn(["bun", PROGRAM, ...words], {
    cwd: options.cwd ?? REPOSITORY,
    env: environment(options),
    stdin: new Blob([options.stdin ?? ""]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exitCode, stdout, stderr };
}

/** What it writes to a terminal of so many columns. */
export async function onTerminal(words: string[], options: CallOptions & { columns: number }): Promise<string> {
  let written = "";
  const decoder = new TextDecoder();
  const child = Bun.spawn(["bun", PROGRAM, ...words], {
    cwd: options.cwd ?? REPOSITORY,
    env: { TERM: "xterm", ...environment(options) },
    terminal: {
      cols: options.columns,
      rows: 24,
      data(_, bytes) {
        written += decoder.decode(bytes, { stream: true });
      },
    },
  });
  await child.exited;
  child.terminal?.close();
  return written;
}

/** A folder with files, which is removed by whoever made it. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), "wf-test-"));

  write(name: string, content: unknown): string {
    const path = join(this.path, name);
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content, null, 2));
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
