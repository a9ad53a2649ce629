/** The rules and dashboards of infrastructure/, and what a Prometheus answers. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { at, listAt, objectAt, textAt } from "./http/json.ts";
import { REPOSITORY } from "./platform.ts";

export const RULES = join(REPOSITORY, "infrastructure/prometheus/rules");
const DASHBOARDS = join(REPOSITORY, "infrastructure/grafana/dashboards");

/** A query, and what asks it, as "overview: Triggers". */
export interface Query {
  where: string;
  query: string;
}

/** A recording rule or an alert. */
export interface Rule {
  name: string;
  kind: "record" | "alert";
  query: string;
  /** Of an alert: labels and annotations together. */
  notes: Record<string, unknown>;
}

export function rulesIn(file: string): Rule[] {
  const groups = listAt(Bun.YAML.parse(readFileSync(join(RULES, file), "utf8")), "groups");
  return groups
    .flatMap((group) => listAt(group, "rules"))
    .map((rule) => {
      const kind = at(rule, "alert") === undefined ? "record" : "alert";
      const notes = kind === "record" ? {} : { ...objectAt(rule, "labels"), ...objectAt(rule, "annotations") };
      return { name: textAt(rule, kind), kind, query: textAt(rule, "expr"), notes };
    });
}

/** Every dashboard, by the name of its file. */
export function dashboards(): [name: string, dashboard: unknown][] {
  const files = readdirSync(DASHBOARDS).toSorted();
  return files.map((file) => [file.replace(".json", ""), JSON.parse(readFileSync(join(DASHBOARDS, file), "utf8"))]);
}

/** What the panels ask, with Grafana's variables filled in as for everything. */
export function queriesOf([name, dashboard]: [string, unknown]): Query[] {
  return panelsOf(dashboard).flatMap((panel) =>
    listAt(panel, "targets").map((target) => ({
      where: `${name}: ${textAt(panel, "title")}`,
      query: textAt(target, "expr")
        .replaceAll("$__rate_interval", "1m")
        .replaceAll('="$workflow"', '=~".+"')
        .replaceAll("$route", ".*"),
    })),
  );
}

/** Its panels, without the headings of rows. */
export function panelsOf(dashboard: unknown): unknown[] {
  return listAt(dashboard, "panels").filter((panel) => textAt(panel, "type") !== "row");
}

/** The platform's own metrics that a text of PromQL names; those that rules record are no metrics of a process. */
export function metricsIn(text: string): string[] {
  const named = text.replace(/\bworkflow:[\w:]+/g, "").match(/\b(?:workflow|http|process)_\w+/g) ?? [];
  return [...new Set(named.map((name) => name.replace(/_(?:bucket|count|sum)$/, "")))].toSorted();
}

/** What a text of PromQL asks of the labels of those metrics: `workflow_effects{state="waiting"}`. The values are a pattern. */
export function selectorsIn(text: string): { metric: string; label: string; values: string }[] {
  const selectors = text.matchAll(/\b((?:workflow|http|process)_\w+)\{([^}]*)\}/g);
  return [...selectors].flatMap(([, name = "", labels = ""]) =>
    [...labels.matchAll(/(\w+)(?:=~|!~|!=|=)"([^"]*)"/g)].map(([, label = "", values = ""]) => ({
      metric: name.replace(/_(?:bucket|count|sum)$/, ""),
      label,
      values,
    })),
  );
}

/** The series that rules record and a text names. */
export function recordedIn(text: string): string[] {
  return [...new Set(text.match(/\bworkflow:[\w:]+/g) ?? [])].toSorted();
}

/** Asks a Prometheus, and gives the labels of each series with its value. @throws Error with what it says against the query */
export async function ask(
  prometheus: string,
  query: string,
): Promise<{ labels: Record<string, unknown>; value: number }[]> {
  const reply = await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(query)}`);
  const body: unknown = await reply.json();
  if (!reply.ok) throw new Error(`${query}: ${textAt(body, "error")}`);
  return listAt(body, "data", "result").map((series) => ({
    labels: objectAt(series, "metric"),
    value: Number(textAt(series, "value", 1)),
  }));
}

/** The alerts that fire. */
export async function firing(prometheus: string): Promise<string[]> {
  const alerts = listAt(await (await fetch(`${prometheus}/api/v1/alerts`)).json(), "data", "alerts");
  return alerts.filter((one) => textAt(one, "state") === "firing").map((one) => textAt(one, "labels", "alertname"));
}
