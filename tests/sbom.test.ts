/** `make sbom`: the packages of production that bun.lock names, and no others. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { at, isObject, listAt, objectAt, textAt } from "./harness/http/json.ts";
import { REPOSITORY } from "./harness/platform.ts";

/** A package of bun.lock: its name with its version, and what it stands on. */
interface Locked {
  id: string;
  needs: string[];
  /** Whether it is for this kind of machine. */
  isInstalled: boolean;
}

/** By their places in node_modules: "a", or "b/a" where b has one of its own. */
function lockedPackages(lock: unknown): Map<string, Locked> {
  return new Map(Object.entries(objectAt(lock, "packages")).map(([place, entry]) => [place, locked(entry)]));
}

function locked(entry: unknown): Locked {
  const details = objectAt(entry, 2);
  const names = (kind: string) => (isObject(details[kind]) ? Object.keys(details[kind]) : []);
  const optionalPeers = Array.isArray(details.optionalPeers) ? details.optionalPeers : [];
  const peers = names("peerDependencies").filter((name) => !optionalPeers.includes(name));
  const suits = (kind: string, own: string) => details[kind] === undefined || details[kind] === own;
  return {
    id: textAt(entry, 0),
    needs: [...names("dependencies"), ...names("optionalDependencies"), ...peers],
    isInstalled: suits("os", process.platform) && suits("cpu", process.arch) && suits("libc", "glibc"),
  };
}

/** Everything that the platform's own dependencies need, as "name@version". */
function inProduction(lock: unknown): string[] {
  const packages = lockedPackages(lock);
  const found = new Map<string, string>();
  // The nearest one: its own, that of what has it, or the outermost.
  const follow = (from: string, name: string) => {
    const place = from === "" ? name : `${from}/${name}`;
    const one = packages.get(place);
    if (one === undefined) {
      if (from === "") throw new Error(`bun.lock has no ${name}`);
      follow(outer(from), name);
    } else if (one.isInstalled && !found.has(place)) {
      found.set(place, one.id);
      for (const needed of one.needs) follow(place, needed);
    }
  };
  for (const name of Object.keys(objectAt(lock, "workspaces", "", "dependencies"))) follow("", name);
  return [...new Set(found.values())].sort();
}

/** The place above: without its last name, which may have a scope. */
function outer(place: string): string {
  return place.replace(/\/?(@[^/]+\/)?[^/]+$/, "");
}

test("names each package of bun.lock that production has, by its version and licence, and no other", async () => {
  const made = Bun.spawnSync(["make", "--silent", "sbom"], { cwd: REPOSITORY });
  if (made.exitCode !== 0) throw new Error(String(made.stderr));
  const bill: unknown = await Bun.file(join(REPOSITORY, "sbom.cdx.json")).json();
  expect([at(bill, "bomFormat"), at(bill, "metadata", "component", "purl")]).toEqual([
    "CycloneDX",
    "pkg:npm/workflow-platform@0.1.0",
  ]);
  const components = listAt(bill, "components");
  const named = components.map((one) => `${textAt(one, "name")}@${textAt(one, "version")}`);
  const lock = Bun.JSONC.parse(await Bun.file(join(REPOSITORY, "bun.lock")).text());
  expect(named.toSorted()).toEqual(inProduction(lock));
  expect(named).toContain("elysia@1.4.30");
  for (const one of components) {
    expect(textAt(one, "purl")).toBe(`pkg:npm/${textAt(one, "name").replace("@", "%40")}@${textAt(one, "version")}`);
    expect(listAt(one, "licenses")).toHaveLength(1);
  }
});
