// Draws the figures of a run: `bun bench/report/picture.ts <results.json>` prints the SVG.
import { basename, join } from "node:path";
import type { Mode } from "../settings.ts";
import { RESULTS_FOLDER, type Results } from "./results.ts";
import { plain, type Row } from "./table.ts";

interface Bar {
  label: string;
  value: number;
  unit: string;
  kind: "ours" | "theirs";
}

interface Panel {
  title: string;
  bars: Bar[];
}

const WIDTH = 880;
const COLUMN = 420;
const LABEL = 196;
const VALUE = 74;
const BAR = 16;
const GAP = 7;
const TITLE = 30;
const MARGIN = 20;

/** Draws a whole run, written to `path`, to `latest.svg` beside it. Returns the picture's path. */
export async function writePicture(results: Results, path: string): Promise<string> {
  const picture = join(RESULTS_FOLDER, "latest.svg");
  await Bun.write(picture, pictureOf(results, basename(path)));
  return picture;
}

/** The run as a picture; `file` is where its figures are. A card with a ground of its own reads on light and dark pages. */
function pictureOf(results: Results, file: string): string {
  const panels = panelsOf(results).filter(({ bars }) => bars.length > 0);
  const shapes: string[] = [];
  let y = MARGIN;
  for (let at = 0; at < panels.length; at += 2) {
    const pair = panels.slice(at, at + 2);
    shapes.push(...pair.map((panel, side) => panelShape(panel, MARGIN + side * COLUMN, y)));
    y += TITLE + Math.max(...pair.map(({ bars }) => bars.length)) * (BAR + GAP) + 16;
  }
  const { cores, cpu, bun } = results.machine;
  const caption = [
    `${cores} cores (${cpu}), Bun ${bun}, load generator on the same cores, ${results.measured_at.slice(0, 10)}; all figures in ${file}`,
    "Original: its published figures, full stack on another machine. Grey is the original, blue is this platform.",
  ];
  shapes.push(...caption.map((line, at) => text(MARGIN, y + 14 + at * 16, line, "quiet")));
  const height = y + 14 + caption.length * 16 + 4;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Measured figures beside the original's">
<style>
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; font-size: 13px; }
  .quiet { fill: #59636e; font-size: 11px; }
  .card { fill: #ffffff; stroke: #d1d9e0; }
  .ours { fill: #0969da; }
  .theirs { fill: #afb8c1; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .quiet { fill: #9198a1; }
    .card { fill: #0d1117; stroke: #3d444d; }
    .ours { fill: #4493f8; }
    .theirs { fill: #656c76; }
  }
</style>
<rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>
${shapes.join("\n")}
</svg>
`;
}

function panelShape({ title, bars }: Panel, x: number, y: number): string {
  const room = COLUMN - LABEL - VALUE - MARGIN;
  const most = Math.max(...bars.map(({ value }) => value));
  const lines = bars.map(({ label, value, unit, kind }, at) => {
    const top = y + TITLE + at * (BAR + GAP);
    const length = Math.max(1, (value / most) * room);
    const bar = `<rect class="${kind}" x="${x + LABEL}" y="${top}" width="${length.toFixed(1)}" height="${BAR}" rx="2"/>`;
    const base = top + BAR - 4;
    return `${text(x, base, label)}${bar}${text(x + LABEL + length + 6, base, `${plain(value)} ${unit}`)}`;
  });
  return [text(x, y + 14, title, "title"), ...lines].join("\n");
}

function text(x: number, y: number, content: string, kind = ""): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text${kind === "" ? "" : ` class="${kind}"`} x="${x.toFixed(1)}" y="${y}">${escaped}</text>`;
}

function panelsOf(results: Results): Panel[] {
  const flow = (users: string) => `flow: ${users} users at once`;
  const small = `${flow("1,000")}, five rounds`;
  return [
    beside(results, "Seven-request flow, 1,000 users", small, "requests"),
    beside(results, "Seven-request flow, 10,000 users", flow("10,000"), "requests"),
    beside(results, "The same, p99 (less is better)", small, "p99"),
    beside(results, "The same, p99 (less is better)", flow("10,000"), "p99"),
    {
      title: "Runs of 3 steps completed",
      bars: [
        ...ours(results, "runs:", "completed, first trigger", "over HTTP"),
        ...ours(results, "runs:", "backlog: completed", "backlog"),
      ],
    },
    {
      title: "Trigger to completed, 100 runs/s (less is better)",
      bars: [
        ...ours(results, "latency:", "100 runs/s: p50", "p50"),
        ...ours(results, "latency:", "100 runs/s: p99", "p99"),
      ],
    },
  ];
}

const NAMES: Record<Mode, string> = { embedded: "embedded", stack: "full stack", url: "measured" };

/** One figure of every mode, and the original's; where requests failed, how many did. */
function beside(results: Results, title: string, table: string, figure: string): Panel {
  const rows = rowsOf(results, table, figure);
  const failed = rowsOf(results, table, "errors in %");
  const name = (label: string, percent = 0) => (percent === 0 ? label : `${label} (${plain(percent)}% errors)`);
  const bars = rows.map(({ mode, row }, at): Bar => {
    return { label: name(NAMES[mode], failed[at]?.row.ours), value: row.ours, unit: row.unit, kind: "ours" };
  });
  const [row, errors] = [rows[0]?.row, failed[0]?.row];
  if (row === undefined) return { title, bars };
  const theirs: [string, number | undefined][] = [
    [name("original, Rust", errors?.rust), row.rust],
    [name("original, Python", errors?.python), row.python],
  ];
  for (const [label, value] of theirs) {
    if (value !== undefined) bars.push({ label, value, unit: row.unit, kind: "theirs" });
  }
  return { title, bars };
}

function ours(results: Results, table: string, figure: string, what: string): Bar[] {
  return rowsOf(results, table, figure).map(({ mode, row }) => ({
    label: `${NAMES[mode]}, ${what}`,
    value: row.ours,
    unit: row.unit,
    kind: "ours",
  }));
}

function rowsOf(results: Results, table: string, figure: string): { mode: Mode; row: Row }[] {
  return (["embedded", "stack", "url"] as const).flatMap((mode) => {
    const tables = Object.values(results.modes[mode]?.scenarios ?? {}).flatMap((scenario) => scenario.tables);
    const rows = tables.find(({ title }) => title.startsWith(table))?.rows ?? [];
    const row = rows.find((one) => one.figure.startsWith(figure));
    return row === undefined ? [] : [{ mode, row }];
  });
}

if (import.meta.main) {
  const path = process.argv[2] ?? "";
  const results: Results = await Bun.file(path).json();
  console.log(pictureOf(results, basename(path)));
}
