/** The guide's table of all metrics says what the code says. */
import { expect, test } from "bun:test";
import type { CountedFamily, FamilyOptions, Labels } from "../src/metrics/counts.ts";
import { GAUGES } from "../src/metrics/gauges.ts";
import { COUNTS } from "../src/metrics/table.ts";

const OPERATIONS = new URL("../docs/operations.md", import.meta.url);

test("docs/operations.md lists every metric with its type, labels, processes and sentence", async () => {
  const section = (await Bun.file(OPERATIONS).text()).split("## Metrics")[1]?.split("\n## ")[0] ?? "";
  const counted = COUNTS.map((family) => rowOf(family.options, typeOf(family)));
  const read = GAUGES.map(({ options, kind }) => rowOf(options, kind));
  expect(section.split("\n").filter((line) => line.startsWith("| `"))).toEqual([...counted, ...read]);
});

test("names and units are as Prometheus has them", () => {
  const all = [...COUNTS.map(({ options }) => options), ...GAUGES.map(({ options }) => options)];
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  for (const { name, labels } of all) {
    expect(name).toMatch(/^(workflow|http|process)(_[a-z]+)+$/);
    expect(name).not.toMatch(/_(ms|milliseconds|minutes|kb|mb)(_|$)/);
    for (const label of Object.keys(labels)) expect(label).toMatch(/^[a-z]+(_[a-z]+)*$/);
  }
});

function typeOf({ bounds }: CountedFamily): string {
  return bounds === null ? "counter" : "histogram";
}

function rowOf({ name, help, labels, programs }: FamilyOptions<Labels>, type: string): string {
  const named = Object.entries(labels).map(([label, values]) => {
    const listed = (values ?? []).map((value) => `\`${value}\``).join(", ");
    return listed === "" ? `\`${label}\`` : `\`${label}\` (${listed})`;
  });
  const where = programs.length === 3 ? "all" : programs.join(", ");
  return `| \`${name}\` | ${type} | ${named.join("; ")} | ${where} | ${help} |`;
}
