/** Functions between values and the texts that carry them. */
import { isDeeper, type Json, MAX_DEPTH } from "../../../schemas/json/json.ts";
import { type Budget, fail } from "../cost.ts";
import { type Functions, plain, textOf } from "../signature.ts";
import { jsonText } from "../values/json.ts";
import type { Value } from "../values/values.ts";
import { decode } from "./conversions.ts";
import { sha256 } from "./digest.ts";

export const ENCODINGS: Functions = {
  parseJson: plain(1, "anything", ([argument], budget) => {
    const text = textOf(argument);
    // Broken JSON takes longest: a text of brackets alone 100 ns a character.
    budget.spend(Math.floor(text.length / 4));
    const value = parse(text);
    return isDeeper(value, MAX_DEPTH) ? fail(`It nests deeper than ${MAX_DEPTH}`) : value;
  }),
  toJson: plain(1, "other", ([value = null], budget) => jsonText(value, budget)),
  base64Encode: plain(1, "other", ([argument], budget) => bytesOf(argument, budget).toBase64()),
  base64Decode: plain(1, "other", ([argument], budget) => {
    const text = textOf(argument);
    budget.spendCharacters(text.length);
    return decode(fromBase64(text));
  }),
  sha256: plain(1, "other", ([argument], budget) => sha256(bytesOf(argument, budget))),
};

/** Bytes, or those of a text in UTF-8. */
function bytesOf(value: Value | undefined, budget: Budget): Uint8Array {
  const content = value instanceof Uint8Array ? value : textOf(value);
  budget.spendCharacters(content.length);
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return fail("The text is no JSON");
  }
}

function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return fail("The text is no base64");
  }
}
