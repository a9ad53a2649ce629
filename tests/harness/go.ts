/** Programs of Go that tests need: built the first time that one asks for it, into .tools/bin. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { withLock } from "../../infrastructure/local/processes/lock.ts";
import { install, pathOf, run } from "../../infrastructure/local/processes/packages.ts";
import { REPOSITORY } from "./platform.ts";

/** What a program is built from: a package of the Go module proxy at a version, or a folder with a go.mod. */
export type GoSource = { package: string; version: string } | { folder: string };

/** The file of a program, built unless it is there. @param name with what makes another program of it, such as its version */
export async function goProgram(name: string, source: GoSource): Promise<string> {
  const file = join(REPOSITORY, ".tools/bin", name);
  if (existsSync(file)) return file;
  await install(["go"]);
  const bin = dirname(file);
  mkdirSync(bin, { recursive: true });
  return withLock(bin, async () => {
    if (existsSync(file)) return file;
    console.error(`building ${name} into .tools/bin`);
    const half = mkdtempSync(join(bin, "half-"));
    // All that Go fetches goes with the folder, so it has to be writable.
    const own = [
      ...[`GOPATH=${half}/path`, `GOCACHE=${half}/cache`, `GOBIN=${half}/built`],
      ...["GOFLAGS=-modcacherw", "CGO_ENABLED=0"],
    ];
    try {
      const go = ["env", ...own, pathOf("go")];
      if ("folder" in source)
        await run(["env", `--chdir=${source.folder}`, ...go, "build", "-o", `${half}/built/program`]);
      else await run([...go, "install", `${source.package}@v${source.version}`]);
      const [built = ""] = new Bun.Glob("built/*").scanSync(half);
      renameSync(join(half, built), file);
    } finally {
      rmSync(half, { recursive: true, force: true });
    }
    return file;
  });
}
