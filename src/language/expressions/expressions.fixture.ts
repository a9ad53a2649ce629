import type { Json } from "../../schemas/json/json.ts";
import { compileExpression, type ExpressionError } from "./compile.ts";
import { Budget } from "./cost.ts";
import { scopeOf } from "./scope.ts";
import type { ExpressionFault } from "./tree.ts";

/** What an expression gives, or why it gives nothing. @throws where its text is at fault */
export function outcome(text: string, context: { [name: string]: Json } = {}): { value: Json } | ExpressionError {
  const compiled = compileExpression(text);
  if ("faults" in compiled) throw new Error(`${text}: ${compiled.faults[0]?.message}`);
  return compiled.evaluate(scopeOf(context));
}

/** What an expression gives. @throws where it gives nothing */
export function given(text: string, context: { [name: string]: Json } = {}): Json {
  const result = outcome(text, context);
  if ("error" in result) throw new Error(`${text}: ${result.error}`);
  return result.value;
}

/** Why an expression gives nothing. */
export function errorOf(text: string, context: { [name: string]: Json } = {}): string {
  const result = outcome(text, context);
  if ("value" in result) throw new Error(`${text} gives ${JSON.stringify(result.value)}`);
  return result.error;
}

/** What the text of an expression alone shows to be wrong. */
export function faultsOf(text: string): ExpressionFault[] {
  const compiled = compileExpression(text);
  return "faults" in compiled ? compiled.faults : [];
}

/** What an expression costs; null where it costs too much. */
export function costOf(text: string, context: { [name: string]: Json } = {}, units?: number): number | null {
  const compiled = compileExpression(text);
  if ("faults" in compiled) throw new Error(`${text}: ${compiled.faults[0]?.message}`);
  const budget = new Budget(units);
  const result = compiled.evaluate(scopeOf(context), budget);
  if ("value" in result) return budget.spent;
  if (result.error === "It costs too much") return null;
  throw new Error(`${text}: ${result.error}`);
}
