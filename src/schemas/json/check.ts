import type { Static, TSchema } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";

/** Holds values against a schema. */
export type Check<Schema extends TSchema> = Pick<TypeCheck<Schema>, "Check" | "Errors">;

/** The check of a schema, compiled when the first value comes: all of them together would be a tenth of a process's start. */
export function checkOf<Schema extends TSchema>(schema: Schema): Check<Schema> {
  let compiled: TypeCheck<Schema> | null = null;
  const check = () => {
    compiled ??= TypeCompiler.Compile(schema);
    return compiled;
  };
  return {
    Check: (value): value is Static<Schema> => check().Check(value),
    Errors: (value) => check().Errors(value),
  };
}
