/** The page: what `src/page/build.ts` made of `src/page`. */
import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { Elysia } from "elysia";
import { pathOf } from "../requests/paths.ts";
import { type Asset, Assets, type Coding } from "./assets.ts";
import { noAsset } from "./failures.ts";

const FOLDER = resolve(import.meta.dir, "../../dist/page");
const SUFFIXES: Record<Coding, string> = { br: ".br", gzip: ".gz" };
const CODINGS = ["br", "gzip"] as const;
const NOT_BUILT =
  "<!doctype html><title>Workflows</title><p>The page is not built yet: run <code>make install</code>, or <code>bun run build:page</code>.</p>";
const NONCE_BYTES = 16;

interface Built {
  html: string;
  assets: Assets;
  at: number;
}

/**
 * The page under /ui, whatever comes behind it: the address says what is shown, and the page's own code reads it.
 *
 * @param assetPrefix ASSET_PREFIX
 */
export function pageRoutes(assetPrefix: string) {
  let known: Built | null = null;
  const hide = { detail: { hide: true } };
  return new Elysia({ name: "page" })
    .get("/ui", ({ request }) => page(request), hide)
    .get("/ui/*", ({ request }) => page(request), hide)
    .get(
      "/ui/assets/:file",
      ({ params, request }) => current()?.assets.reply(params.file, request) ?? noAsset(request),
      hide,
    );

  /** What was built last: one that is built while this process runs is shown as well. Null where nothing is. */
  function current(): Built | null {
    const at = statSync(join(FOLDER, "manifest.json"), { throwIfNoEntry: false })?.mtimeMs;
    if (at === undefined) return null;
    if (known?.at !== at) known = { ...readBuilt(), at };
    return known;
  }

  function page(request: Request): Response {
    const built = current();
    const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" };
    if (built === null) return new Response(NOT_BUILT, { status: 404, headers });
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES)).toBase64();
    return new Response(textOf(built, pathOf(request), assetPrefix, nonce), {
      headers: {
        ...headers,
        "content-security-policy": policyOf(assetPrefix, nonce),
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
      },
    });
  }
}

/** Addresses are relative, so that it works behind a prefix: `/ui/runs` has other neighbours than `/ui`. */
function textOf({ html, assets }: Built, path: string, assetPrefix: string, nonce: string): string {
  const depth = path.split("/").length - 2;
  const root = depth === 0 ? "./" : "../".repeat(depth);
  const place = assetPrefix === "" ? `${root}ui/assets/` : `${assetPrefix}/ui/assets/`;
  return html
    .replaceAll("%root%", root)
    .replaceAll("%nonce%", nonce)
    .replace(/%(assets|own)%([\w.-]+)/g, (_, from: string, file: string) => {
      return `${from === "own" ? `${root}ui/assets/` : place}${assets.nameOf(file)}`;
    });
}

/** All comes from this server, or its assets from the origin of ASSET_PREFIX; the nonce is for styles of the editor. */
function policyOf(assetPrefix: string, nonce: string): string {
  const from = assetPrefix.startsWith("https://") ? `'self' ${assetPrefix}` : "'self'";
  return [
    "default-src 'none'",
    `script-src ${from}`,
    `style-src ${from} 'nonce-${nonce}'`,
    `img-src ${from} data:`,
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

function readBuilt(): { html: string; assets: Assets } {
  const { html, files }: { html: string; files: { file: string; name: string; type: string }[] } = JSON.parse(
    readFileSync(join(FOLDER, "manifest.json"), "utf8"),
  );
  return { html, assets: new Assets(files.map(assetOf)) };
}

/** Each is read once, when it is first asked for. */
function assetOf({ file, name, type }: { file: string; name: string; type: string }): Asset {
  const read = new Map<Coding | null, Uint8Array<ArrayBuffer>>();
  return {
    ...{ file, name, type, codings: CODINGS },
    bytes(coding) {
      const bytes = read.get(coding) ?? bytesOf(join(FOLDER, name + (coding === null ? "" : SUFFIXES[coding])));
      if (bytes !== null) read.set(coding, bytes);
      return bytes;
    },
  };
}

/** Null where the file is gone: something else was built meanwhile. */
function bytesOf(path: string): Uint8Array<ArrayBuffer> | null {
  return statSync(path, { throwIfNoEntry: false }) === undefined ? null : new Uint8Array(readFileSync(path));
}
