import { swagger } from "@elysiajs/swagger";
import { Elysia } from "elysia";
import packageJson from "../../../package.json" with { type: "json" };
import type { StepTypes } from "../../connectors/index.ts";
import { pathOf } from "../../requests/paths.ts";
import { noAsset } from "../failures.ts";
import { type AssetFile, docsAssets } from "./assets.ts";
import { describeSteps, schemasOf, tidy } from "./documents.ts";

/**
 * Addresses are relative, so that it works behind a prefix: `/docs` has other neighbours than `/docs/`. Assets are there too,
 * or at ASSET_PREFIX.
 */
function pageText(path: string, assetPrefix: string): string {
  const isFolder = path.endsWith("/");
  const own = isFolder ? "assets" : "docs/assets";
  const addressOf = (file: AssetFile) =>
    `${assetPrefix === "" ? own : `${assetPrefix}/docs/assets`}/${docsAssets().nameOf(file)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Workflow platform API</title>
<link rel="stylesheet" href="${addressOf("swagger-ui.css")}">
<link rel="icon" type="image/png" href="${addressOf("favicon-32x32.png")}">
</head>
<body>
<div id="swagger-ui"></div>
<script src="${addressOf("swagger-ui-bundle.js")}"></script>
<script src="${addressOf("start.js")}" data-document="${isFolder ? "../" : ""}api/v1/openapi.json"></script>
</body>
</html>`;
}

/**
 * All files come from this server, or from the origin of ASSET_PREFIX, and the page's policy allows no others: it works
 * offline, without scripts of third parties.
 */
function policyOf(assetPrefix: string): string {
  const from = assetPrefix.startsWith("https://") ? `'self' ${assetPrefix}` : "'self'";
  return [
    "default-src 'self'",
    `script-src ${from}`,
    `style-src ${from} 'unsafe-inline'`,
    `img-src ${from} data:`,
    "frame-ancestors 'none'",
  ].join("; ");
}

/**
 * The OpenAPI document, made by the plugin from the routes, and Swagger UI from its own package. The plugin's page would
 * load its scripts from a CDN of others, so ours takes its place.
 *
 * @param assetPrefix ASSET_PREFIX
 */
export function swaggerDocs(types: StepTypes, assetPrefix: string) {
  return new Elysia({ name: "swagger-docs" })
    .onAfterHandle(({ response }) => (isDocument(response) ? tidy(response) : undefined))
    .use(
      swagger({
        path: "/docs/plugin",
        specPath: "/api/v1/openapi.json",
        excludeStaticFile: false,
        exclude: [/^\/docs/, "/api/v1/openapi.json"],
        documentation: {
          // 3.1 is JSON Schema as TypeBox writes it.
          ...{ openapi: "3.1.0" },
          // From where the document is.
          servers: [{ url: "../.." }],
          info: { title: "Workflow platform", version: packageJson.version, description: describeSteps(types) },
          tags: [{ name: "workflows" }, { name: "runs" }, { name: "language" }, { name: "service" }],
          // The plugin types schemas as OpenAPI 3.0; the document is 3.1.
          components: { schemas: JSON.parse(JSON.stringify(schemasOf(types))) },
        },
      }),
    )
    .get("/docs/plugin", ({ redirect }) => redirect("../docs"), { detail: { hide: true } })
    .get("/docs", ({ request }) => page(pathOf(request)), { detail: { hide: true } })
    .get("/docs/assets/:file", ({ params, request }) => docsAssets().reply(params.file, request) ?? noAsset(request), {
      detail: { hide: true },
    });

  function page(path: string): Response {
    return new Response(pageText(path, assetPrefix), {
      headers: {
        "content-type": "text/html; charset=utf-8",
        // An old page names assets that are gone.
        "cache-control": "no-cache",
        "content-security-policy": policyOf(assetPrefix),
      },
    });
  }
}

function isDocument(response: unknown): response is object {
  return typeof response === "object" && response !== null && "openapi" in response;
}
