import type { Column } from "../scenario.ts";
import { floorText } from "./floors.ts";
import { columnsText, passes, plain, type Row, type Table, times } from "./table.ts";

/** What one mode has to show of a scenario. */
export interface Side {
  /** The head of its column: "embedded", "full stack", or an address. */
  label: string;
  tables: Table[];
  columns: Column[];
}

/** The tables of one scenario as text, what the modes have in common beside each other, and the original's beside that. */
export function tablesText(sides: Side[], oneColumn: boolean): string {
  const titles = new Set(sides.flatMap(({ tables }) => tables.map(({ title }) => title)));
  return [...titles].map((title) => (oneColumn ? machineTable(title, sides) : tableText(title, sides))).join("\n");
}

/** What every process used during each span, in cores, and the most memory that it has held since its start, in MB. */
export function processesText({ label, columns }: Side): string {
  if (columns.length === 0) return "";
  const names = new Set(columns.flatMap(({ processes }) => Object.keys(processes)));
  const lines = [...names].map((name) => [
    name,
    ...columns.map(({ processes }) => {
      const used = processes[name];
      if (used === undefined) return "";
      return used.peak_mb === 0 ? used.cores.toFixed(2) : `${used.cores.toFixed(2)} ${used.peak_mb.toFixed(0)} MB`;
    }),
  ]);
  const head = ["", ...columns.map(({ span }) => span)];
  return `\nprocesses, ${label}: cores used during the load, and the most memory held so far\n${columnsText([head, ...lines])}`;
}

function tableText(title: string, sides: Side[]): string {
  const tables = sides.map(({ tables }) => tables.find((table) => table.title === title));
  const figures = new Set(tables.flatMap((table) => table?.rows.map(({ figure }) => figure) ?? []));
  const head = [
    "",
    ...sides.flatMap(({ label }) => [label, "floor", ""]),
    "original Rust",
    "ratio",
    "original Python",
    "ratio",
  ];
  const lines = inPlace([...figures], tables).map((figure) => {
    const rows = tables.map((table) => table?.rows.find((row) => row.figure === figure));
    const theirs = rows.find((row) => row !== undefined);
    return [
      figure,
      ...rows.flatMap(ourCells),
      theirs?.rust === undefined ? "" : plain(theirs.rust),
      ratios(rows, theirs?.rust),
      theirs?.python === undefined ? "" : plain(theirs.python),
      ratios(rows, theirs?.python),
    ];
  });
  const notes = tables.flatMap((table, at) => {
    const label = sides.length > 1 ? `${sides[at]?.label}: ` : "";
    return table?.notes.map((note) => `  ${label}${note}`) ?? [];
  });
  return [`\n${title}`, columnsText([head, ...lines]), ...notes].join("\n");
}

/** A table of the machine, whose figures have nothing to do with a mode: each figure once. */
function machineTable(title: string, sides: Side[]): string {
  const tables = sides.flatMap(({ tables }) => tables.filter((table) => table.title === title));
  const rows = new Map(tables.flatMap((table) => table.rows.map((row) => [row.figure, row])));
  const lines = [...rows.values()].map((row) => [row.figure, `${plain(row.ours)} ${row.unit}`.trimEnd()]);
  const notes = new Set(tables.flatMap((table) => table.notes.map((note) => `  ${note}`)));
  return [`\n${title}`, columnsText([["", "this machine"], ...lines]), ...notes].join("\n");
}

/** The figures that only a later mode has come after those of the first. */
function inPlace(figures: string[], tables: (Table | undefined)[]): string[] {
  const first = tables.find((table) => table !== undefined)?.rows.map(({ figure }) => figure) ?? [];
  return [...first, ...figures.filter((figure) => !first.includes(figure))];
}

function ourCells(row: Row | undefined): string[] {
  if (row === undefined) return ["", "", ""];
  const value = `${plain(row.ours)} ${row.unit}`.trimEnd();
  return row.floor === undefined ? [value, "", ""] : [value, floorText(row.floor), passes(row) ? "pass" : "MISS"];
}

function ratios(rows: (Row | undefined)[], theirs: number | undefined): string {
  return rows
    .map((row) => (row === undefined ? "" : times(row, theirs)))
    .filter((text) => text !== "")
    .join(" / ");
}
