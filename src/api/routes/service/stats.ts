import { Elysia } from "elysia";
import type { StatsService } from "../../../services/stats.ts";
import { reference, responses } from "../../openapi/documents.ts";
import { readStatsQuery, STATS_PARAMETERS } from "../../request/queries/query.ts";
import { jsonReply } from "../views.ts";

/** Numbers of runs. */
export function statsRoutes(stats: StatsService) {
  return new Elysia({ prefix: "/api/v1", normalize: false }).get(
    "/stats",
    async ({ request }) => jsonReply(JSON.stringify(await stats.read(readStatsQuery(request).window ?? "1h"))),
    {
      detail: {
        tags: ["runs"],
        summary: "Count runs over the last time",
        description: "Up to two seconds old. Runs were counted with the commits that made and ended them.",
        parameters: STATS_PARAMETERS,
        responses: responses("The numbers", reference("Stats"), 422, 500, 503),
      },
    },
  );
}
