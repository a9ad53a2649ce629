/** Files of pages. Each has a name that changes with its content, so that it may be kept for ever. */

/** A year is the most that caches count with. */
const FOR_EVER = "public, max-age=31536000, immutable";
/** Codings of files, best first. */
const CODINGS = ["br", "gzip"] as const;
export type Coding = (typeof CODINGS)[number];

export interface Asset {
  /** Without its hash. */
  file: string;
  /** With it. */
  name: string;
  type: string;
  /** Its bytes as they are, or in a coding where there is one; null where they are gone. */
  bytes(coding: Coding | null): Uint8Array<ArrayBuffer> | null;
  codings: readonly Coding[];
}

/** The files that one page names. */
export class Assets {
  readonly #byName: ReadonlyMap<string, Asset>;
  readonly #names: ReadonlyMap<string, string>;

  constructor(assets: Asset[]) {
    this.#byName = new Map(assets.map((asset) => [asset.name, asset]));
    this.#names = new Map(assets.map(({ file, name }) => [file, name]));
  }

  /** The name of a file with its hash, such as `start-0a1b2c3d4e.js`. */
  nameOf(file: string): string {
    return this.#names.get(file) ?? file;
  }

  /** The file of that name; null where there is none, also when another version has one. */
  reply(name: string, request: Request): Response | null {
    const asset = this.#byName.get(name);
    if (asset === undefined) return null;
    const accepted = acceptedCodings(request.headers.get("accept-encoding") ?? "");
    const coding = asset.codings.find((one) => accepted.has(one)) ?? null;
    const bytes = asset.bytes(coding);
    if (bytes === null) return null;
    return new Response(bytes, {
      // A page that is strict about its neighbours may load it too.
      headers: {
        "content-type": asset.type,
        "cache-control": FOR_EVER,
        "cross-origin-resource-policy": "cross-origin",
        ...(asset.codings.length === 0 ? {} : { vary: "Accept-Encoding" }),
        ...(coding === null ? {} : { "content-encoding": coding }),
      },
    });
  }
}

/** Those that the header names, but for those that it refuses with q=0. */
function acceptedCodings(header: string): Set<string> {
  const named = header.split(",").map((part) =>
    part
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/),
  );
  return new Set(named.flatMap(([name = "", q = ""]) => (/^q=0(\.0*)?$/.test(q) ? [] : [name])));
}
