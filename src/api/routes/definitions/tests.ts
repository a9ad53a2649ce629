import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { checkOf } from "../../../schemas/json/check.ts";
import { checked } from "../../../schemas/json/faults.ts";
import { MAX_DEFINITION_DEPTH } from "../../../schemas/json/json.ts";
import { Run } from "../../../schemas/runs/run.ts";
import { TestInput } from "../../../schemas/test-input.ts";
import type { TestService } from "../../../services/tests.ts";
import { BODY_ERRORS, requestBody, responses } from "../../openapi/documents.ts";
import { readBody } from "../../request/body/body.ts";
import { jsonReply, triedText } from "../views.ts";

const testInput = checkOf(TestInput);
const Tried = Type.Object({
  ...Run.properties,
  virtual_seconds: Type.Number({ description: "How long the run would have taken, had its effects taken no time" }),
  unused_mocks: Type.Array(Type.String(), { description: "Addresses of which a mock was not used" }),
});

/** Tests of definitions. */
export function testRoutes(tests: TestService) {
  return new Elysia({ prefix: "/api/v1/workflows", normalize: false }).post(
    "/test",
    async ({ request }) => {
      const input = checked(testInput, await readBody(request, MAX_DEFINITION_DEPTH + 1), "body");
      return jsonReply(triedText(await tests.run(input)));
    },
    {
      detail: {
        tags: ["language"],
        summary: "Run a definition in virtual time",
        description: "Waits take no time, nothing is sent and nothing is stored: mocks say what effects come to.",
        requestBody: requestBody("TestInput"),
        responses: responses("The run, as it would look", Tried, 404, ...BODY_ERRORS),
      },
    },
  );
}
