import { swagger } from "@elysiajs/swagger";
import { Elysia } from "elysia";
import packageJson from "../../../package.json" with { type: "json" };
import type { StepTypes } from "../../connectors/index.ts";
import { PlatformError } from "../../errors.ts";
import { pathOf } from "../request/paths.ts";
import { describeSteps, schemasOf, tidy } from "./documents.ts";

const ASSETS = new Map([
  ["swagger-ui.css", "text/css; charset=utf-8"],
  ["swagger-ui-bundle.js", "text/javascript; charset=utf-8"],
  ["favicon-32x32.png", "image/png"],
]);

/** Addresses are relative, so that it works behind a prefix: `/docs` has other neighbours than `/docs/`. */
const pageText = (folder: "" | "docs/") => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Workflow platform API</title>
<link rel="stylesheet" href="${folder}assets/swagger-ui.css">
<link rel="icon" type="image/png" href="${folder}assets/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="${folder}assets/swagger-ui-bundle.js"></script>
<script src="${folder}assets/start.js"></script>
</body>
</html>`;

// Without a validator: Swagger UI would show every document to one on the internet.
const START = `window.ui = SwaggerUIBundle({
  url: new URL("../../api/v1/openapi.json", document.currentScript.src).href, dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null,
});`;

// All files come from this server, and the page's policy allows no others: it works offline, without scripts of third parties.
const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/**
 * The OpenAPI document, made by the plugin from the routes, and Swagger UI from its own package. The plugin's page would
 * load its scripts from a CDN, so ours takes its place.
 */
export function swaggerDocs(types: StepTypes) {
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
          tags: [{ name: "workflows" }, { name: "runs" }, { name: "service" }],
          // The plugin types schemas as OpenAPI 3.0; the document is 3.1.
          components: { schemas: JSON.parse(JSON.stringify(schemasOf(types))) },
        },
      }),
    )
    .get("/docs/plugin", ({ redirect }) => redirect("../docs"), { detail: { hide: true } })
    .get("/docs", ({ request }) => page(pathOf(request)), { detail: { hide: true } })
    .get("/docs/assets/:file", ({ params }) => asset(params.file), { detail: { hide: true } });
}

function isDocument(response: unknown): response is object {
  return typeof response === "object" && response !== null && "openapi" in response;
}

function page(path: string): Response {
  return new Response(pageText(path.endsWith("/") ? "" : "docs/"), {
    headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": POLICY },
  });
}

function asset(file: string): Response {
  if (file === "start.js")
    return new Response(START, { headers: { "content-type": "text/javascript; charset=utf-8" } });
  const type = ASSETS.get(file);
  if (type === undefined) throw new PlatformError("not_found");
  return new Response(Bun.file(Bun.resolveSync(`swagger-ui-dist/${file}`, import.meta.dir)), {
    headers: { "content-type": type, "cache-control": "public, max-age=86400" },
  });
}
