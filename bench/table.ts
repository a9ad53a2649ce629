import { type Floor, floorText, keeps } from "./floors.ts";

/** One figure of a scenario. `better` says which way a comparison with the original goes. */
export interface Row {
  figure: string;
  ours: number;
  unit: string;
  floor?: Floor;
  better?: "higher" | "lower";
  python?: number;
  rust?: number;
}

/** One printed table. */
export interface Table {
  title: string;
  rows: Row[];
  notes: string[];
}

/** Whether a row keeps its floor; a row without one always does. */
export function passes(row: Row): boolean {
  return row.floor === undefined || keeps(row.floor, row.ours);
}

/** A number with as many decimals as it deserves. */
export function plain(value: number): string {
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** How many times better ours is than the other's. */
function times(row: Row, other: number | undefined): string {
  if (other === undefined || other === 0 || row.ours === 0) return "";
  return `${plain(row.better === "lower" ? other / row.ours : row.ours / other)}×`;
}

/** The table as text, leaving out the columns that no row uses. */
export function tableText(table: Table): string {
  const optional = (value: number | undefined) => (value === undefined ? "" : plain(value));
  const columns: { head: string; cell: (row: Row) => string }[] = [
    { head: "ours", cell: (row) => `${plain(row.ours)} ${row.unit}`.trimEnd() },
    { head: "floor", cell: (row) => (row.floor === undefined ? "" : floorText(row.floor)) },
    { head: "", cell: (row) => (row.floor === undefined ? "" : passes(row) ? "pass" : "MISS") },
    { head: "original Rust", cell: (row) => optional(row.rust) },
    { head: "ratio", cell: (row) => times(row, row.rust) },
    { head: "original Python", cell: (row) => optional(row.python) },
    { head: "ratio", cell: (row) => times(row, row.python) },
  ];
  const used = columns.filter((column) => table.rows.some((row) => column.cell(row) !== ""));
  const cells = [
    ["", ...used.map((column) => column.head)],
    ...table.rows.map((row) => [row.figure, ...used.map((column) => column.cell(row))]),
  ];
  const widths = ["", ...used].map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)));
  const lines = cells.map((line) =>
    line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join("  "),
  );
  const notes = table.notes.map((note) => `  ${note}`);
  return [`\n${table.title}`, ...lines.map((line) => `  ${line.trimEnd()}`), ...notes].join("\n");
}
