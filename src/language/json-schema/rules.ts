/** The words of a schema whose value is a number, in the words of all requests where one does not hold. */
import type { Json } from "../../schemas/json/json.ts";
import { hasLength, isMultiple } from "./values.ts";

export interface Rule<Value> {
  word: string;
  holds(value: Value, bound: number): boolean;
  fault(bound: number): [type: string, msg: string];
}

export const rulesOfNumbers: Rule<number>[] = [
  {
    word: "minimum",
    holds: (value, bound) => value >= bound,
    fault: (bound) => ["greater_than_equal", `Input should be greater than or equal to ${bound}`],
  },
  {
    word: "maximum",
    holds: (value, bound) => value <= bound,
    fault: (bound) => ["less_than_equal", `Input should be less than or equal to ${bound}`],
  },
  {
    word: "exclusiveMinimum",
    holds: (value, bound) => value > bound,
    fault: (bound) => ["greater_than", `Input should be greater than ${bound}`],
  },
  {
    word: "exclusiveMaximum",
    holds: (value, bound) => value < bound,
    fault: (bound) => ["less_than", `Input should be less than ${bound}`],
  },
  {
    word: "multipleOf",
    holds: isMultiple,
    fault: (bound) => ["multiple_of", `Input should be a multiple of ${bound}`],
  },
];

export const rulesOfStrings: Rule<string>[] = [
  {
    word: "minLength",
    holds: (value, bound) => hasLength(value, bound, Number.POSITIVE_INFINITY),
    fault: (bound) => ["string_too_short", `String should have at least ${bound} characters`],
  },
  {
    word: "maxLength",
    holds: (value, bound) => hasLength(value, 0, bound),
    fault: (bound) => ["string_too_long", `String should have at most ${bound} characters`],
  },
];

export const rulesOfArrays: Rule<Json[]>[] = [
  {
    word: "minItems",
    holds: (value, bound) => value.length >= bound,
    fault: (bound) => ["too_short", `List should have at least ${bound} items`],
  },
  {
    word: "maxItems",
    holds: (value, bound) => value.length <= bound,
    fault: (bound) => ["too_long", `List should have at most ${bound} items`],
  },
];
