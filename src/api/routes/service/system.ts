import { Elysia } from "elysia";
import type { SystemService } from "../../../services/system.ts";
import { reference, responses } from "../../openapi/documents.ts";
import { jsonReply } from "../views.ts";

/** How the installation is. */
export function systemRoutes(system: SystemService) {
  return new Elysia({ prefix: "/api/v1", normalize: false })
    .get("/system", async () => jsonReply(JSON.stringify(await system.read())), {
      detail: {
        tags: ["service"],
        summary: "How the installation is",
        description: "As the process that answers sees it; also where a service that is needed is out.",
        responses: responses("What it is", reference("System"), 500, 503),
      },
    })
    .get("/system/limits", () => jsonReply(JSON.stringify(system.limits())), {
      detail: {
        tags: ["service"],
        summary: "The limits in force",
        description: "Those of `GET /api/v1/system`, for which no service is asked.",
        responses: responses("The limits", reference("SystemLimits"), 500, 503),
      },
    });
}
