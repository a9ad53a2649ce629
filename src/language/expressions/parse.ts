import { type ASTNode, Environment, ParseError } from "@marcbachmann/cel-js";
import { Reader } from "./reading/reader.ts";
import type { Expr, ExpressionFault, Reference } from "./tree.ts";

/** Characters of an expression's text, blanks included. */
export const MAX_EXPRESSION = 4096;
const MAX_NODES = 1000;
const MAX_NESTING = 32;

/** An expression that was read: its tree, and the names that it takes from outside. */
export interface Parsed {
  root: Expr;
  references: Reference[];
}

/** The library reads the text; nothing of it runs when an expression is evaluated. */
const environment = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
  limits: { maxAstNodes: MAX_NODES, maxDepth: MAX_NESTING },
});

/** Reads an expression, and finds what its text alone shows to be wrong. */
export function parse(text: string): Parsed | { faults: ExpressionFault[] } {
  if (text.length > MAX_EXPRESSION) {
    const message = `The expression is longer than ${MAX_EXPRESSION} characters`;
    return { faults: [{ type: "expression_too_large", message, offset: 0, length: text.length }] };
  }
  const tree = treeOf(text);
  if ("faults" in tree) return tree;
  const reader = new Reader();
  const root = reader.read(tree);
  return reader.faults.length > 0 ? { faults: reader.faults } : { root, references: reader.references };
}

function treeOf(text: string): ASTNode | { faults: ExpressionFault[] } {
  try {
    return environment.parse(text).ast;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return { faults: [faultOf(error, text)] };
  }
}

function faultOf({ code, summary, range }: ParseError, text: string): ExpressionFault {
  const offset = Math.min(range?.start ?? 0, text.length);
  const length = Math.max(0, Math.min(range?.end ?? offset, text.length) - offset);
  if (code !== "limit_exceeded") return { type: "expression_syntax", message: sentenceOf(summary), offset, length };
  const message = summary.includes("maxDepth")
    ? `The expression nests deeper than ${MAX_NESTING}`
    : `The expression is too large: it has at most ${MAX_NODES} parts, and a call 32 arguments`;
  return { type: "expression_too_large", message, offset, length };
}

const SIGNS: Record<string, string> = {
  ...{ LPAREN: "(", RPAREN: ")", LBRACKET: "[", RBRACKET: "]", LBRACE: "{", RBRACE: "}", DOT: ".", COMMA: "," },
  ...{ COLON: ":", QUESTION: "?", PLUS: "+", MINUS: "-", MULTIPLY: "*", DIVIDE: "/", MODULO: "%", EQ: "==", NE: "!=" },
  ...{ LT: "<", LE: "<=", GT: ">", GE: ">=", AND: "&&", OR: "||", NOT: "!", IN: "in" },
};

/** The library names signs by words of its own. */
function sentenceOf(summary: string): string {
  if (summary === "Unexpected token: EOF") return "Something is missing at the end";
  const [, expected, token = ""] = /^(?:Expected (\w+), got|Unexpected token:) (\w+)$/.exec(summary) ?? [];
  if (token === "") return summary;
  const found = token === "EOF" ? "the end" : signOf(token);
  return expected === undefined ? `Unexpected ${found}` : `Expected ${signOf(expected)}, not ${found}`;
}

function signOf(token: string): string {
  const sign = SIGNS[token];
  return sign === undefined ? `a ${token === "IDENTIFIER" ? "name" : token.toLowerCase()}` : `\`${sign}\``;
}
