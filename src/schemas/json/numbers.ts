/** Numbers in a JSON text, and whether a double holds them. */

/** The offset after a number that begins at `start`. */
export function endOfNumber(text: string, start: number): number {
  let at = start + 1;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const partOfNumber = (code >= 48 && code <= 57) || code === 46 || code === 101 || code === 69 || code === 43;
    if (!partOfNumber && code !== 45) break;
  }
  return at;
}

/** The smallest double with all its digits (IEEE 754: 2^-1022). */
export const MIN_NORMAL = 2 ** -1022;

/**
 * Whether a number may become the nearest double. Fractions may, where doubles keep 15 digits; beyond 2^53 whole digits would
 * change, for example of an id, and numbers out of range would be lost.
 */
export function isKeptNumber(text: string, start: number, end: number): boolean {
  const exponent = startOfExponent(text, start, end);
  // Fifteen significant digits always survive (IEEE 754 double, DBL_DIG), and short tokens are the common case.
  if (end - start <= 15 && exponent === end) return true;
  const token = text.slice(start, end);
  const value = Number(token);
  if (!Number.isFinite(value)) return false;
  const size = Math.abs(value);
  if (size >= MIN_NORMAL) {
    if (size < 2 ** 53 || exponent - start <= 15) return true;
    // A number in scientific notation with a fraction (1.2345678901234567e+30) is no id.
    if (exponent < end && token.includes(".")) return true;
  }
  return isWrittenAs(value, token);
}

/** Where the exponent of a number begins; its end where it has none. */
function startOfExponent(text: string, start: number, end: number): number {
  for (let at = start; at < end; at++) if ((text.charCodeAt(at) | 32) === 101) return at;
  return end;
}

/** Digits of a double at most, as it is written so that it is read as the same one again. */
const MAX_DIGITS = 17;

/** Whether the shortest text of a double is the same decimal number as the literal that became it. */
function isWrittenAs(value: number, token: string): boolean {
  const { begin, last, power } = decimalOf(token);
  if (begin < 0) return value === 0;
  // One of them may be a point.
  if (last - begin > MAX_DIGITS) return false;
  const text = String(value);
  const other = decimalOf(text);
  if (other.begin < 0 || other.power !== power) return false;
  for (let at = begin, beside = other.begin; ; at++, beside++) {
    if (token.charCodeAt(at) === POINT) at++;
    if (text.charCodeAt(beside) === POINT) beside++;
    if (at > last || beside > other.last) return at > last && beside > other.last;
    if (token.charCodeAt(at) !== text.charCodeAt(beside)) return false;
  }
}

const POINT = 46;

/** Where the digits of a decimal literal begin and end that are not padding zeros, and the power of ten of the first; -1 for 0. */
function decimalOf(token: string): { begin: number; last: number; power: number } {
  const end = startOfExponent(token, 0, token.length);
  let [begin, last, point] = [-1, -1, end];
  for (let at = 0; at < end; at++) {
    const code = token.charCodeAt(at);
    if (code === POINT) point = at;
    else if (code > 48 && code <= 57) {
      if (begin < 0) begin = at;
      last = at;
    }
  }
  const exponent = end < token.length ? Number(token.slice(end + 1)) : 0;
  return { begin, last, power: exponent + point - begin - (begin < point ? 1 : 0) };
}
