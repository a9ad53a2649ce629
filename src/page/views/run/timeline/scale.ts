/** Time as a line from 0 to 1, without long stretches in which nothing happens: these are cut out, and say so. */
import type { Bar } from "./bars.ts";

export interface Cut {
  /** Where it is on the line. */
  at: number;
  /** What was cut out, in milliseconds. */
  length: number;
}

export interface Scale {
  /** Where a time is, from 0 to 1. */
  place(time: number): number;
  cuts: Cut[];
  /** Times to name, from the begin to the end. */
  ticks: number[];
}

interface Piece {
  from: number;
  to: number;
  isCut: boolean;
}

/** A gap is cut that is as many times longer than the median bar, and longer than a minute. */
const MEDIANS = 20;
const SHORTEST_CUT = 60_000;
/** What is left of a gap, of the whole line; of all of them together at most; and of one that the run is in now, which is looked at. */
const CUT_WIDTH = 0.04;
const MOST_CUT = 0.5;
const LAST_CUT = 0.3;
const TICKS = 5;
/** What the name of a time takes of the line, at least. */
const TICK_ROOM = 0.14;

/** The scale of a run from its begin to its end, or to now; milliseconds since the epoch. */
export function scaleOf(bars: readonly Bar[], begin: number, end: number): Scale {
  const pieces = piecesOf(bars, begin, Math.max(end, begin + 1));
  const widths = widthsOf(pieces);
  const starts = pieces.map((_, index) => sumOf(widths.slice(0, index)));
  const place = (time: number) => {
    const index = pieces.findLastIndex(({ from }) => from <= time);
    const piece = pieces[index];
    if (piece === undefined) return 0;
    const part = Math.min(1, (time - piece.from) / Math.max(1, piece.to - piece.from));
    return (starts[index] ?? 0) + part * (widths[index] ?? 0);
  };
  return {
    place,
    cuts: pieces.flatMap((piece, index) =>
      piece.isCut ? [{ at: (starts[index] ?? 0) + (widths[index] ?? 0) / 2, length: piece.to - piece.from }] : [],
    ),
    ticks: ticksOf(pieces, place),
  };
}

/** What each piece has of the line. */
function widthsOf(pieces: readonly Piece[]): number[] {
  const lengths = pieces.map(({ from, to, isCut }) => (isCut ? 0 : to - from));
  const shown = sumOf(lengths);
  const cut = Math.min(CUT_WIDTH, MOST_CUT / Math.max(1, pieces.length));
  const isLast = (index: number) => index === pieces.length - 2 && lengths[index + 1] === 0;
  const cuts = pieces.map(({ isCut }, index) => (isCut ? (isLast(index) ? LAST_CUT : cut) : 0));
  const room = 1 - sumOf(cuts);
  // Where nothing else is to be shown, what is cut out has all of it.
  if (shown === 0) return cuts.map((width) => width / Math.max(sumOf(cuts), Number.MIN_VALUE));
  return pieces.map(({ isCut }, index) => (isCut ? (cuts[index] ?? 0) : (room * (lengths[index] ?? 0)) / shown));
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}

function piecesOf(bars: readonly Bar[], begin: number, end: number): Piece[] {
  // Of what has not begun there is nothing to cut out.
  if (bars.length === 0) return [{ from: begin, to: end, isCut: false }];
  // What sleeps is of interest where it begins and ends.
  const busy = bars.flatMap(({ from, to, isAsleep }) =>
    isAsleep ? [[from, from] as const, [to, to] as const] : [[from, to] as const],
  );
  const sorted = [[begin, begin] as const, ...busy, [end, end] as const].toSorted(([one], [other]) => one - other);
  const lengths = bars
    .filter(({ isAsleep }) => !isAsleep)
    .map(({ from, to }) => to - from)
    .toSorted((one, other) => one - other);
  const least = Math.max(SHORTEST_CUT, MEDIANS * (lengths[Math.floor(lengths.length / 2)] ?? 0));
  const pieces: Piece[] = [];
  let from = begin;
  let reached = begin;
  for (const [start, stop] of sorted) {
    if (start - reached > least) {
      if (reached > from) pieces.push({ from, to: reached, isCut: false });
      pieces.push({ from: reached, to: start, isCut: true });
      from = start;
    }
    reached = Math.max(reached, stop);
  }
  pieces.push({ from, to: Math.max(end, from), isCut: false });
  return pieces;
}

/** A run without cuts has even ones; else they are where something begins or ends to be cut out, as far as there is room. */
function ticksOf(pieces: readonly Piece[], place: (time: number) => number): number[] {
  const [first] = pieces;
  const last = pieces.at(-1);
  if (first === undefined || last === undefined) return [];
  if (pieces.length === 1)
    return Array.from({ length: TICKS }, (_, index) => first.from + ((first.to - first.from) * index) / (TICKS - 1));
  const ticks = [first.from];
  for (const { from, to, isCut } of pieces) {
    for (const time of isCut ? [] : [from, to]) {
      const isFar = place(time) - place(ticks.at(-1) ?? first.from) >= TICK_ROOM;
      if (isFar && 1 - place(time) >= TICK_ROOM) ticks.push(time);
    }
  }
  return [...ticks, last.to];
}
