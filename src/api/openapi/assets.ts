/** The files of the page of `/docs`. Each has a name that changes with its content, so that it may be kept for ever. */
import { readFileSync } from "node:fs";

const HASH_CHARACTERS = 10;
/** A year is the most that caches count with. */
const FOR_EVER = "public, max-age=31536000, immutable";

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

interface Asset {
  name: string;
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** The files of this process. What is sent is what was hashed: they are read once, when the first of them is asked for. */
export class Assets {
  #read: Map<string, Asset> | null = null;

  /** The name of a file with its hash, such as `start-0a1b2c3d4e.js`. */
  nameOf(file: AssetFile): string {
    return this.#assets.get(file)?.name ?? file;
  }

  /** The file of that name; null where there is none, also when another version has one. */
  reply(name: string): Response | null {
    const asset = this.#assets.values().find((one) => one.name === name);
    if (asset === undefined) return null;
    return new Response(asset.bytes, {
      // A page that is strict about its neighbours may load it too.
      headers: {
        "content-type": asset.type,
        "cache-control": FOR_EVER,
        "cross-origin-resource-policy": "cross-origin",
      },
    });
  }

  get #assets(): Map<string, Asset> {
    this.#read ??= new Map(Object.entries(TYPES).map(([file, type]) => [file, assetOf(file, type)]));
    return this.#read;
  }
}

function assetOf(file: string, type: string): Asset {
  const bytes =
    file === "start.js"
      ? new TextEncoder().encode(START)
      : new Uint8Array(readFileSync(Bun.resolveSync(`swagger-ui-dist/${file}`, import.meta.dir)));
  const hash = new Bun.CryptoHasher("sha256").update(bytes).digest("hex").slice(0, HASH_CHARACTERS);
  return { name: file.replace(/(?=\.\w+$)/, `-${hash}`), type, bytes };
}
