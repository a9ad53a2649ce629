/** Calls that bind names or look at what is written: `has`, `cel.bind`, and the comprehensions. */
import type { ASTNode } from "@marcbachmann/cel-js";
import { type Around, type Expr, type ExpressionFault, made, type Quantifier } from "../tree.ts";

/** Comprehensions in one another. */
const MAX_LOOPS = 3;
const MAX_BINDS = 8;
const QUANTIFIERS = ["all", "exists", "exists_one"] satisfies Quantifier[];

interface Call {
  node: ASTNode;
  name: string;
  receiver: ASTNode | null;
  args: ASTNode[];
}

/** What reads the parts of a macro. */
interface PartReader {
  read(node: ASTNode, around: Around): Expr;
  wrong(node: ASTNode, type: ExpressionFault["type"], message: string): Expr;
}

/** The tree of a macro; null where the call is none. */
export function readMacro({ node, name, receiver, args }: Call, around: Around, reader: PartReader): Expr | null {
  const [first, second, third] = args;
  if (first === undefined) return null;
  if (receiver === null) return name === "has" && args.length === 1 ? has(node, first) : null;
  if (second === undefined) return null;
  if (name === "bind" && receiver.op === "id" && receiver.args === "cel" && third !== undefined) {
    const value = reader.read(second, around);
    const { variable, inside } = bound(first, { ...around, binds: around.binds + 1 });
    const body = reader.read(third, inside);
    return made(node, { kind: "bind", variable, value, body }, value, body);
  }
  const quantifier = QUANTIFIERS.find((word) => word === name && args.length === 2);
  const isFilter = name === "filter" && args.length === 2;
  if (quantifier === undefined && !isFilter && !(name === "map" && args.length <= 3)) return null;

  const range = reader.read(receiver, around);
  const { variable, inside } = bound(first, { ...around, loops: around.loops + 1 });
  const inner = reader.read(second, inside);
  if (quantifier !== undefined) {
    return made(node, { kind: "quantifier", quantifier, range, variable, condition: inner }, range, inner);
  }
  const condition = isFilter || third !== undefined ? inner : null;
  const result = isFilter ? null : third === undefined ? inner : reader.read(third, inside);
  return made(node, { kind: "gather", range, variable, condition, result }, range, condition, result);

  function has(call: ASTNode, field: ASTNode): Expr {
    if (field.op !== "." && field.op !== ".?") {
      return reader.wrong(call, "expression_syntax", "`has` takes a field, such as has(payload.name)");
    }
    const whole = reader.read(field, { ...around, asks: true });
    if (whole.kind !== "field") return whole;
    return made(call, { kind: "has", of: whole.of, field: whole.field }, whole.of);
  }

  function bound(name: ASTNode, inner: Around): { variable: string; inside: Around } {
    const variable = name.op === "id" ? name.args : "";
    if (variable === "") reader.wrong(name, "expression_syntax", "A name is expected here");
    if (inner.loops > MAX_LOOPS && around.loops <= MAX_LOOPS) {
      const message = `Comprehensions nest deeper than ${MAX_LOOPS}`;
      reader.wrong(node, "expression_too_large", message);
    }
    if (inner.binds > MAX_BINDS && around.binds <= MAX_BINDS) {
      reader.wrong(node, "expression_too_large", `cel.bind nests deeper than ${MAX_BINDS}`);
    }
    return { variable, inside: { ...inner, names: [...inner.names, variable] } };
  }
}
