/** How the image gets its Bun: the step of the Dockerfile, run here in a folder of its own. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { $ } from "bun";
import { instructionsOf, readText } from "./harness/docker/files.ts";

// Each package is 40 MB.
setDefaultTimeout(180_000);

const ENTRY = "Dockerfile";
const SUMS = "infrastructure/docker/bun/sha256sums";
const step = () => instructionsOf(ENTRY).find(({ stage, name }) => stage === "bun" && name === "RUN")?.text ?? "";
const version = (file: string, pattern: RegExp) => pattern.exec(readText(file))?.[1] ?? `nothing like ${pattern}`;

/** What the step does in an empty folder beside these sums. */
async function unpack(sums: string, processor: string) {
  const folder = mkdtempSync(join(tmpdir(), "bun-package-"));
  writeFileSync(join(folder, "sha256sums"), sums);
  const BUN_VERSION = version(ENTRY, /^ARG BUN_VERSION=(\S+)$/m);
  const env = { ...process.env, TARGETARCH: processor, BUN_VERSION };
  const { exitCode, stderr } = await $`sh -c ${step()}`.cwd(folder).env(env).quiet().nothrow();
  const program = join(folder, "bun");
  const file = existsSync(program) ? await Bun.file(program).slice(0, 20).bytes() : new Uint8Array(20);
  const said = exitCode === 0 && processor === "amd64" ? await $`${program} --version`.text() : "";
  rmSync(folder, { recursive: true });
  // The processor of a program is told by the 19th byte of its file (ELF, e_machine).
  return { exitCode, complaint: stderr.toString(), machine: file[18], version: said.trim() };
}

test("Bun is unpacked for either processor, and is the Makefile's Bun", async () => {
  const x64 = await unpack(readText(SUMS), "amd64");
  expect(x64).toMatchObject({
    exitCode: 0,
    machine: 62,
    version: version("Makefile", /^BUN_VERSION := (\S+)$/m),
  });
  expect(await unpack(readText(SUMS), "arm64")).toMatchObject({ exitCode: 0, machine: 183 });
});

test("other bytes end the build", async () => {
  const other = readText(SUMS).replace(/^./gm, (digit) => (digit === "0" ? "1" : "0"));
  expect(await unpack(other, "amd64")).toMatchObject({ exitCode: 1, machine: 0 });
});
