import { expect, test } from "bun:test";
import { isKeptNumber } from "./numbers.ts";

/** A decimal literal as a whole number times a power of ten. */
function exact(literal: string): { digits: bigint; power: number } {
  const [mantissa = "", exponent = "0"] = literal.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  return { digits: BigInt(whole + fraction), power: Number(exponent) - fraction.length };
}

function areEqual(one: string, other: string): boolean {
  const [first, second] = [exact(one), exact(other)];
  if (first.digits === 0n || second.digits === 0n) return first.digits === second.digits;
  const least = Math.min(first.power, second.power);
  const raised = ({ digits, power }: typeof first) => digits * 10n ** BigInt(power - least);
  return raised(first) === raised(second);
}

test("a number is kept where the text of its double is the same number, or a fraction is near enough", () => {
  let state = 20_261_130;
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
  const digits = (count: number) => Array.from({ length: count }, () => next(3) && next(10)).join("");
  let kept = 0;
  for (let round = 0; round < 20_000; round++) {
    const whole = digits(1 + next(24)).replace(/^0+(?=\d)/, "");
    const fraction = next(2) === 0 ? "" : `.${digits(1 + next(20))}`;
    const power = next(2) === 0 ? "" : `${["e", "E", "e+", "e-"][next(4)]}${next(next(4) === 0 ? 400 : 24)}`;
    const number = `${next(2) === 0 ? "-" : ""}${whole}${fraction}${power}`;
    const value = Number(number);
    const size = Math.abs(value);
    const isNear = size >= 2 ** -1022 && (size < 2 ** 53 || (fraction !== "" && power !== ""));
    const isKept = Number.isFinite(value) && (isNear || areEqual(number, String(value)));
    if (isKept) kept++;
    expect([number, isKeptNumber(`[${number}]`, 1, number.length + 1)]).toEqual([number, isKept]);
  }
  expect(kept).toBeGreaterThan(5000);
  expect(kept).toBeLessThan(19_000);
});
