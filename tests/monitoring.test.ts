/** The rules of Prometheus and the dashboards of Grafana: right in promtool's eyes, and about what there is. */
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { install, pathOf, run } from "../infrastructure/local/processes/packages.ts";
import { atPace } from "../infrastructure/local/services/prometheus.ts";
import { GAUGES } from "../src/metrics/gauges.ts";
import { COUNTS } from "../src/metrics/table.ts";
import { at, listAt, numberAt, textAt } from "./harness/http/json.ts";
import {
  dashboards,
  metricsIn,
  panelsOf,
  type Query,
  queriesOf,
  RULES,
  recordedIn,
  rulesIn,
  selectorsIn,
} from "./harness/monitoring.ts";
import { REPOSITORY } from "./harness/platform.ts";

// The first time Prometheus is installed.
setDefaultTimeout(180_000);

const RUNBOOK = readFileSync(join(REPOSITORY, "docs/runbook.md"), "utf8");
const UNIT_TESTS = readdirSync(join(RULES, "tests")).map((file) => join(RULES, "tests", file));
const recorded = rulesIn("recording.yml");
const alerts = rulesIn("alerts.yml");
const boards = dashboards();
const queries: Query[] = [
  ...[...recorded, ...alerts].map(({ name, query }) => ({ where: name, query })),
  ...boards.flatMap(queriesOf),
];
const namesOf = (rules: { name: string }[]) => rules.map(({ name }) => name).toSorted();

beforeAll(() => install(["promtool"]));

/** Has promtool look at files, and fails with what it has against them. */
const promtool = (...words: string[]) => run([pathOf("promtool"), ...words]);

describe("the rules", () => {
  test("are as promtool wants them", async () => {
    expect(await promtool("check", "config", join(RULES, "../prometheus.yml"))).toContain("2 rule files found");
    const files = ["recording.yml", "alerts.yml"].map((file) => join(RULES, file));
    await promtool("check", "rules", "--lint=all", "--lint-fatal", ...files);
  });

  test("record and say what their unit tests expect", async () => {
    expect(await promtool("test", "rules", ...UNIT_TESTS)).not.toContain("FAILED");
  });

  test("have a unit test each: an alert is silent in it, and fires", () => {
    const tests = UNIT_TESTS.flatMap((file) => listAt(Bun.YAML.parse(readFileSync(file, "utf8")), "tests"));
    const all = (key: string) => tests.flatMap((one) => (at(one, key) === undefined ? [] : listAt(one, key)));
    const asked = all("alert_rule_test").map((one) => ({
      name: textAt(one, "alertname"),
      fires: listAt(one, "exp_alerts").length > 0,
    }));
    const names = (fires: boolean) => [...new Set(namesOf(asked.filter((one) => one.fires === fires)))];
    expect(names(true)).toEqual(namesOf(alerts));
    expect(names(false)).toEqual(namesOf(alerts));
    const read = all("promql_expr_test").map((one) => ({ name: textAt(one, "expr") }));
    expect([...new Set(namesOf(read))]).toEqual(namesOf(recorded));
  });

  test("keep what they ask and compare when they are to fire at once", async () => {
    const usual = readFileSync(join(RULES, "alerts.yml"), "utf8");
    const fast = atPace(usual, "fast");
    expect(fast.match(/^ +for: 1s$/gm)?.length).toBe(Number(usual.match(/^ +for: /gm)?.length));
    const without = (text: string) => text.replace(/^ +for: .*$/gm, "");
    expect(without(fast)).toBe(without(usual));
    const config = readFileSync(join(RULES, "../prometheus.yml"), "utf8");
    expect(atPace(config, "usual")).toBe(config);
    expect(atPace(config, "fast")).toContain("scrape_interval: 1s\n  evaluation_interval: 1s\n");
  });
});

describe("the runbook", () => {
  test("has a paragraph for each alert, which links it, and for nothing else", () => {
    const headings = [...RUNBOOK.matchAll(/^### (.+)$/gm)].map(([, heading]) => String(heading));
    expect(headings.toSorted()).toEqual(namesOf(alerts));
    for (const { name, notes } of alerts) {
      expect(notes).toEqual({
        severity: expect.stringMatching(/^(critical|warning)$/),
        summary: expect.any(String),
        runbook: `docs/runbook.md#${name.toLowerCase()}`,
      });
    }
  });

  test("says of each what it means, what to look at and what to do", () => {
    const paragraphs = RUNBOOK.split(/^### /m).slice(1);
    for (const paragraph of paragraphs)
      expect(paragraph).toMatch(/\*\*Means:\*\*[\s\S]+\*\*Look at:\*\*[\s\S]+\*\*Do:\*\*/);
  });
});

describe("the dashboards", () => {
  test("are the five that were promised, whole, each with the data source to choose", () => {
    expect(boards.map(([name]) => name)).toEqual(["api", "overview", "services", "workers", "workflow"]);
    for (const [name, dashboard] of boards) {
      expect(textAt(dashboard, "uid")).toBe(`workflow-platform-${name}`);
      expect(textAt(dashboard, "templating", "list", 0, "type")).toBe("datasource");
      const panels = panelsOf(dashboard);
      for (const panel of panels) expect(textAt(panel, "datasource", "uid")).toBe("${datasource}");
      const ids = listAt(dashboard, "panels").map((panel) => numberAt(panel, "id"));
      expect([name, new Set(ids).size]).toEqual([name, ids.length]);
      expect(panels.length).toBeGreaterThanOrEqual(4);
    }
  });

  test("ask what promtool can read", async () => {
    const folder = mkdtempSync(join(tmpdir(), "monitoring-test-"));
    const file = join(folder, "queries.yml");
    const rules = boards.flatMap(queriesOf).map(({ query }, index) => ({ record: `query:${index}`, expr: query }));
    await Bun.write(file, JSON.stringify({ groups: [{ name: "queries", rules }] }));
    expect(await promtool("check", "rules", "--lint=none", file)).toContain(`${rules.length} rules found`);
    rmSync(folder, { recursive: true });
  });

  test("and the alerts name series that are recorded", () => {
    const names = namesOf(recorded);
    for (const { where, query } of queries) {
      for (const name of recordedIn(query)) expect([where, names]).toEqual([where, expect.arrayContaining([name])]);
    }
  });
});

test("every metric, label and value that is asked for, here and in the unit tests, is one that the code has", () => {
  const families = new Map([...COUNTS, ...GAUGES].map(({ options }) => [options.name, options.labels]));
  const texts = [
    ...queries.map(({ query }) => query),
    ...UNIT_TESTS.map((file) => readFileSync(file, "utf8")),
    ...boards.map(([, one]) => JSON.stringify(at(one, "templating"))),
  ];
  expect(texts.flatMap(metricsIn).filter((name) => !families.has(name))).toEqual([]);
  const strangers = texts.flatMap(selectorsIn).filter(({ metric, label, values }) => {
    // Those that Prometheus gives to the series of each process.
    if (["job", "instance", "le"].includes(label)) return false;
    const known = families.get(metric)?.[label];
    return known === undefined || (known !== null && !known.some((one) => new RegExp(`^(?:${values})$`).test(one)));
  });
  expect(strangers).toEqual([]);
});
