import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import type { ReadinessService } from "../../../services/readiness.ts";
import { responses } from "../../openapi/documents.ts";
import { jsonReply } from "../views.ts";

const tags = ["service"];
const Hello = Type.Object({ message: Type.Literal("Hello World") });
const Health = Type.Object({ status: Type.Literal("ok") });
const Ready = Type.Object({
  status: Type.Literal("ready"),
  parts: Type.Record(Type.String(), Type.Union([Type.Literal("up"), Type.Literal("degraded"), Type.Literal("down")])),
  breakers: Type.Record(
    Type.String(),
    Type.Union([Type.Literal("closed"), Type.Literal("open"), Type.Literal("half_open")]),
  ),
});

/** Whether a page is asked for, as browsers do that open an address: other programs ask for anything. */
function isBrowser({ headers }: Request): boolean {
  return headers.get("accept")?.startsWith("text/html") === true;
}

/** Relative, so that it holds behind a prefix. */
function toPage(): Response {
  return new Response(null, { status: 303, headers: { location: "ui", vary: "Accept" } });
}

function greeting(): Response {
  return new Response('{"message":"Hello World"}', { headers: { "content-type": "application/json", vary: "Accept" } });
}

/** The greeting, which leads browsers to the page, and the signs of life. */
export function serviceRoutes(readiness: ReadinessService) {
  return new Elysia()
    .get("/", ({ request }) => (isBrowser(request) ? toPage() : greeting()), {
      detail: { tags, summary: "Greeting", responses: responses("Greeting", Hello) },
    })
    .get("/health", () => jsonReply('{"status":"ok"}'), {
      detail: { tags, summary: "Sign of life; touches no store", responses: responses("Alive", Health) },
    })
    .get("/health/ready", async () => jsonReply(JSON.stringify({ status: "ready", ...(await readiness.check()) })), {
      detail: {
        tags,
        summary: "Whether this process can do its work",
        description:
          "Asks every service that it stands on, once a second at most, and tries a write to the database, once in five. A service that only makes it slower may be down; one that is degraded does a part of its work badly. A breaker that is open refuses work at once; half open, a probe is on its way.",
        responses: responses("Ready", Ready, 500, 503),
      },
    });
}
