import { createHash } from "node:crypto";

/** A JSON document that is the same for as long as this process lives: made when it is first asked for. */
export class Document {
  readonly #make: () => unknown;
  #made: { text: string; tag: string } | null = null;

  constructor(make: () => unknown) {
    this.#make = make;
  }

  /** The document; a 304 where the caller has it already. A cache asks each time: another version has another document. */
  reply(request: Request): Response {
    this.#made ??= madeOf(JSON.stringify(this.#make()));
    const { text, tag } = this.#made;
    const headers = { "cache-control": "no-cache", etag: tag };
    const known = request.headers.get("if-none-match")?.split(",") ?? [];
    if (known.some((one) => one.trim().replace(/^W\//, "") === tag))
      return new Response(null, { status: 304, headers });
    return new Response(text, { headers: { ...headers, "content-type": "application/json" } });
  }
}

function madeOf(text: string): { text: string; tag: string } {
  const hash = createHash("sha256").update(text).digest("hex");
  return { text, tag: `"${hash.slice(0, 20)}"` };
}
