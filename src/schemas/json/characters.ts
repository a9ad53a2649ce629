import { Kind, type TUnsafe, Type, TypeRegistry } from "@sinclair/typebox";

interface Bounds {
  minLength: number;
  maxLength: number;
  pattern?: string;
}

const CHARACTERS = "Characters";

/** A text of so many characters, which are counted as JSON Schema says: the library itself counts units of UTF-16. */
export function characters(bounds: Bounds): TUnsafe<string> {
  return Type.Unsafe<string>({ [Kind]: CHARACTERS, type: "string", ...bounds });
}

/** What of its schema such a text does not keep to; null where it does. */
export function brokenBound({ minLength, maxLength, pattern }: Bounds, value: unknown): keyof Bounds | "type" | null {
  if (typeof value !== "string") return "type";
  if (value.length < minLength) return "minLength";
  // A character is a unit or two.
  if (value.length > 2 * maxLength || (value.length > maxLength && [...value].length > maxLength)) return "maxLength";
  return pattern === undefined || new RegExp(pattern).test(value) ? null : "pattern";
}

TypeRegistry.Set<Bounds>(CHARACTERS, (schema, value) => brokenBound(schema, value) === null);
