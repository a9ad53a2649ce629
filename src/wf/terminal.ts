/** What is written for people and for programs. */

const COLORS = { red: 31, green: 32, yellow: 33, blue: 34, dim: 2, bold: 1 } as const;
export type Color = keyof typeof COLORS;

/** A stream of the process. */
export interface Sink {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** A row of a table, by the names of its columns. */
export type Row = readonly string[];

const BAR = 24;
const GAP = "  ";
/** Of a column that is cut. */
const LEAST_ROOM = 12;

/** Results go to `out`, everything else to `notes`: what is piped has nothing but results. */
export class Terminal {
  readonly isJson: boolean;
  readonly #out: Sink;
  readonly #notes: Sink;
  readonly #colored: boolean;
  #hasStatus = false;

  constructor({ out, notes, env, isJson }: { out: Sink; notes: Sink; env: NodeJS.ProcessEnv; isJson: boolean }) {
    this.isJson = isJson;
    this.#out = out;
    this.#notes = notes;
    this.#colored = !env.NO_COLOR && env.TERM !== "dumb" && !isJson;
  }

  /** Whether a person reads the results. */
  get isWatched(): boolean {
    return this.#out.isTTY === true;
  }

  print(text: string): void {
    this.clearStatus();
    this.#out.write(`${text}\n`);
  }

  json(value: unknown): void {
    this.print(JSON.stringify(value, null, 2));
  }

  /** One value on one line. */
  jsonLine(value: unknown): void {
    this.print(JSON.stringify(value));
  }

  note(text: string): void {
    this.clearStatus();
    this.#notes.write(`${text}\n`);
  }

  /** A line that the next one replaces; only on a terminal. */
  status(text: string): void {
    if (this.#notes.isTTY !== true || this.isJson) return;
    this.clearStatus();
    this.#notes.write(cut(text, (this.#notes.columns || 80) - 1));
    this.#hasStatus = true;
  }

  clearStatus(): void {
    if (this.#hasStatus) this.#notes.write("\r\u001b[2K");
    this.#hasStatus = false;
  }

  progress(what: string, done: number, all: number): void {
    const filled = all === 0 ? BAR : Math.round((done / all) * BAR);
    this.status(`${what} ${"█".repeat(filled)}${"░".repeat(BAR - filled)} ${done}/${all}`);
  }

  /** A text in a colour, for results or for notes, where a person sees it. */
  colored(color: Color, text: string, on: "out" | "notes" = "out"): string {
    const sink = on === "out" ? this.#out : this.#notes;
    return this.#colored && sink.isTTY ? `\u001b[${COLORS[color]}m${text}\u001b[0m` : text;
  }

  /**
   * Columns of texts. On a terminal the last one is cut, or left out, so that a row fits; the others are written whole, to be
   * pasted.
   */
  table(titles: Row, rows: readonly Row[], color: (row: number, column: number) => Color | null = () => null): void {
    const widths = titles.map((title, column) =>
      Math.max(Bun.stringWidth(title), ...rows.map((row) => Bun.stringWidth(row[column] ?? ""))),
    );
    const taken = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, 0);
    const room = this.isWatched ? (this.#out.columns || 80) - taken : Number.POSITIVE_INFINITY;
    const head = room < LEAST_ROOM ? titles.slice(0, -1) : titles;
    const line = (row: Row, colorOf: (column: number) => Color | null) =>
      head
        .map((_, column) => {
          const isLast = column === titles.length - 1;
          const text = isLast ? cut(row[column] ?? "", room) : (row[column] ?? "");
          const padding = isLast ? 0 : (widths[column] ?? 0) - Bun.stringWidth(text);
          const color = colorOf(column);
          return (color === null ? text : this.colored(color, text)) + " ".repeat(padding);
        })
        .join(GAP)
        .trimEnd();
    this.print(line(head, () => "dim"));
    for (const [index, row] of rows.entries()) this.print(line(row, (column) => color(index, column)));
  }
}

function cut(text: string, width: number): string {
  if (Bun.stringWidth(text) <= width) return text;
  let kept = "";
  for (const letter of text) {
    if (Bun.stringWidth(kept + letter) > width - 1) break;
    kept += letter;
  }
  return `${kept}…`;
}

/** A text of others on one line: what would move the cursor, or colour the terminal, is shown as a sign. */
export function shown(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\p{Cc}\p{Cf}]/gu, "�");
}

/** A length of time as people say it. */
export function durationText(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A time of the API to the second, as it can be pasted. */
export function timeText(time: string | null): string {
  return time === null ? "" : new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
}

/** How long ago a time of the API is. */
export function ageText(time: string): string {
  return durationText(Math.max(0, Date.now() - Date.parse(time))).replace(/\.\d+| \d+ \w+$/, "");
}

/** How long something took, or has taken until now. */
export function tookText({
  started_at,
  completed_at,
}: {
  started_at: string | null;
  completed_at: string | null;
}): string {
  if (started_at === null) return "";
  const until = completed_at === null ? Date.now() : Date.parse(completed_at);
  return durationText(Math.max(0, until - Date.parse(started_at)));
}
