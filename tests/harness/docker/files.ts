/** What the Dockerfiles and .dockerignore say, for tests to compare with the repository. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "../platform.ts";

/** One line of a Dockerfile, continued lines joined. */
export interface Instruction {
  /** The name of its stage; empty for one without, and before the first. */
  stage: string;
  name: string;
  text: string;
}

export function readText(path: string): string {
  return readFileSync(join(REPOSITORY, path), "utf8");
}

export function instructionsOf(dockerfile: string): Instruction[] {
  let stage = "";
  return readText(dockerfile)
    .replace(/^#.*\n/gm, "")
    .replace(/\\\n/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [name = "", ...words] = line.trim().split(/\s+/);
      if (name === "FROM") stage = words[1] === "AS" ? (words[2] ?? "") : "";
      return { stage, name, text: words.join(" ") };
    });
}

/** What is copied from the repository, not from another stage: each source, and where it goes. */
export function copiesOf(dockerfile: string): { stage: string; source: string; target: string }[] {
  return instructionsOf(dockerfile)
    .filter(({ name, text }) => name === "COPY" && !text.includes("--from="))
    .flatMap(({ stage, text }) => {
      const paths = text.split(" ").filter((word) => !word.startsWith("--"));
      const target = paths.at(-1) ?? "";
      return paths.slice(0, -1).map((source) => ({ stage, source, target }));
    });
}

/** The variables that an image of ours sets. */
export function imageEnvironment(dockerfile: string): Record<string, string> {
  const lines = instructionsOf(dockerfile).filter(({ name }) => name === "ENV");
  return Object.fromEntries(
    lines.flatMap(({ text }) =>
      text.split(" ").map((pair) => [pair.split("=")[0] ?? "", pair.split("=").slice(1).join("=")]),
    ),
  );
}

/** Whether a path reaches the builder: the last pattern that matches it, or a folder above it, decides. */
export function isSent(path: string): boolean {
  const parts = path.split("/");
  const above = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
  const patterns = readText(".dockerignore")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  return patterns.reduce((sent, pattern) => {
    const back = pattern.startsWith("!");
    const glob = new Bun.Glob(back ? pattern.slice(1) : pattern);
    return above.some((one) => glob.match(one)) ? back : sent;
  }, true);
}

/** The files of the repository that are in an image once these stages are done. */
export function filesOf(...stages: string[]): string[] {
  const copies = copiesOf("Dockerfile").filter(({ stage }) => stages.includes(stage));
  return copies.flatMap(({ source }) => {
    const below = [...new Bun.Glob(`${source}/**`).scanSync({ cwd: REPOSITORY, dot: true })];
    return (below.length === 0 ? [source] : below).filter(isSent);
  });
}
