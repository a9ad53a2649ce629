import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { responses } from "./documents.ts";
import { jsonReply } from "./views.ts";

const tags = ["service"];
const Hello = Type.Object({ message: Type.Literal("Hello World") });
const Health = Type.Object({ status: Type.Literal("ok") });

/** What needs no store: the greeting and the sign of life. */
export function serviceRoutes() {
  return new Elysia()
    .get("/", () => jsonReply('{"message":"Hello World"}'), {
      detail: { tags, summary: "Greeting", responses: responses("Greeting", Hello) },
    })
    .get("/health", () => jsonReply('{"status":"ok"}'), {
      detail: { tags, summary: "Sign of life; touches no store", responses: responses("Alive", Health) },
    });
}
