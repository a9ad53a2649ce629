import { type Floor, keeps } from "./floors.ts";

/** One figure of a scenario in one mode. */
export interface Row {
  figure: string;
  ours: number;
  unit: string;
  floor?: Floor | undefined;
  /** Which way is better. Only figures that say so are compared, with the original's and with an older run's. */
  better?: "higher" | "lower";
  /**
   * The bare server's rate that bounds it. Compared with an older run's, a rate is divided by the bare rate of its own
   * run and a latency under full load multiplied with it: what the machine was faster or slower by falls out.
   */
  bound?: "get" | "post";
  /** The original's figures. */
  python?: number;
  rust?: number;
}

/** A table of one scenario in one mode. */
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
  const digits = decimals(value);
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function decimals(value: number): number {
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return 0;
  if (size >= 10) return 1;
  return size >= 0.1 ? 2 : 3;
}

/** How many times better ours is than the other's; empty when that cannot be said. */
export function times(row: Row, other: number | undefined): string {
  if (other === undefined || other === 0 || row.ours === 0) return "";
  return `${plain(row.better === "lower" ? other / row.ours : row.ours / other)}×`;
}

/** Lines of cells as text: the first column to the left, the others to the right, those without any content left out. */
export function columnsText(lines: string[][]): string {
  const widths = (lines[0] ?? []).map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  const used = widths.map((_, at) => at === 0 || lines.slice(1).some((line) => line[at] !== ""));
  return lines
    .map((line) =>
      line
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .filter((_, at) => used[at])
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `  ${line}`)
    .join("\n");
}
