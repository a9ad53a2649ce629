import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { ValidationFailed } from "../../../errors.ts";
import { compileExpression } from "../../../language/expressions/compile.ts";
import { scopeOf } from "../../../language/expressions/scope.ts";
import { ExpressionInput } from "../../../schemas/expression.ts";
import { checkOf } from "../../../schemas/json/check.ts";
import { checked } from "../../../schemas/json/faults.ts";
import type { Json } from "../../../schemas/json/json.ts";
import { BODY_ERRORS, requestBody, responses } from "../../openapi/documents.ts";
import { readBody } from "../../request/body/body.ts";
import { jsonReply } from "../views.ts";

const Evaluated = Type.Object({ value: Type.Unknown({ description: "Any JSON" }) });
const expressionInput = checkOf(ExpressionInput);

/** What helps to write definitions. */
export function languageRoutes() {
  return new Elysia({ prefix: "/api/v1", normalize: false }).post(
    "/expressions/evaluate",
    async ({ request }) => {
      const { expression, context = {} } = checked(expressionInput, await readBody(request), "body");
      return jsonReply(JSON.stringify({ value: evaluate(expression, context) }));
    },
    {
      detail: {
        tags: ["language"],
        summary: "Evaluate an expression",
        description:
          "As a definition would, within the same limits. A fault says in `ctx` which part of the expression it is.",
        requestBody: requestBody("ExpressionInput"),
        responses: responses("What it gives", Evaluated, ...BODY_ERRORS),
      },
    },
  );
}

/** @throws ValidationFailed with the faults of the text, or why it gives nothing */
function evaluate(text: string, context: { [name: string]: Json }): Json {
  const compiled = compileExpression(text);
  const loc = ["body", "expression"];
  if ("faults" in compiled) {
    throw new ValidationFailed(
      compiled.faults.map(({ message, type, offset, length }) => ({
        loc,
        msg: message,
        type,
        ctx: { offset, length },
      })),
    );
  }
  const result = compiled.evaluate(scopeOf(context));
  if ("value" in result) return result.value;
  const { error, offset, length } = result;
  throw new ValidationFailed([{ loc, msg: error, type: "expression", ctx: { offset, length } }]);
}
