/** The files of the page of `/docs`. */
import { readFileSync } from "node:fs";
import { type Asset, Assets } from "../assets.ts";

const HASH_CHARACTERS = 10;

const TYPES = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "favicon-32x32.png": "image/png",
  "start.js": "text/javascript; charset=utf-8",
} as const;

/** A file by the name that it has without its hash. */
export type AssetFile = keyof typeof TYPES;

// Without a validator: Swagger UI would show every document to one on the internet. The page says where the document is,
// since this file may come from elsewhere.
const START = `window.ui = SwaggerUIBundle({
  url: new URL(document.currentScript.dataset.document, document.baseURI).href,
  dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null,
});`;

let read: Assets | null = null;

/** The files of this process. What is sent is what was hashed: they are read once, when the first of them is asked for. */
export function docsAssets(): Assets {
  read ??= new Assets(Object.entries(TYPES).map(([file, type]) => assetOf(file, type)));
  return read;
}

function assetOf(file: string, type: string): Asset {
  const bytes =
    file === "start.js"
      ? new TextEncoder().encode(START)
      : new Uint8Array(readFileSync(Bun.resolveSync(`swagger-ui-dist/${file}`, import.meta.dir)));
  const hash = new Bun.CryptoHasher("sha256").update(bytes).digest("hex").slice(0, HASH_CHARACTERS);
  return { file, name: file.replace(/(?=\.\w+$)/, `-${hash}`), type, bytes: () => bytes, codings: [] };
}
