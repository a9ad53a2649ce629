/** Each package has its reason in docs/architecture.md. */
import { expect, test } from "bun:test";
import packageJson from "../package.json" with { type: "json" };
import { readText } from "./harness/docker/files.ts";

test("the table of dependencies names every package, and no other", () => {
  const [, section = ""] = readText("docs/architecture.md").split("## Dependencies\n");
  const rows = (section.split("\n## ")[0] ?? "").split("\n").flatMap((line) => /^\| (`.*?) \|/.exec(line)?.[1] ?? []);
  const named = rows.flatMap((row) => {
    let scope = "";
    return [...row.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => {
      // `@scope/one`, `two` are of one scope.
      if (name.includes("/")) scope = name.slice(0, name.indexOf("/") + 1);
      return name.includes("/") || scope === "" || name in packages ? name : `${scope}${name}`;
    });
  });
  expect(named.sort()).toEqual(Object.keys(packages).sort());
});

const packages: Record<string, string> = { ...packageJson.dependencies, ...packageJson.devDependencies };
