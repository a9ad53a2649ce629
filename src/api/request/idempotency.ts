import { ValidationFailed } from "../../errors.ts";
import { canonicalJson } from "../../schemas/json/canonical.ts";
import type { Json, JsonObject } from "../../schemas/json/json.ts";
import { IDEMPOTENCY_KEY } from "../../schemas/runs/trigger.ts";
import { NAMESPACE } from "../../services/namespace.ts";
import type { RequestKey } from "../../storage/port.ts";

const HEADER = "idempotency-key";
const REPLAYED_HEADER = "idempotent-replayed";
const PATTERN = new RegExp(IDEMPOTENCY_KEY);

export const IDEMPOTENCY_PARAMETER = {
  name: "Idempotency-Key",
  in: "header" as const,
  schema: { type: "string" as const, minLength: 1, maxLength: 255, pattern: IDEMPOTENCY_KEY },
  description:
    "A name for this request, kept for 24 hours: repeated with the same body it does nothing and gets the same answer, with `Idempotent-Replayed: true`; with another body it is refused",
};

/**
 * The key of a request that may be repeated; null without one.
 *
 * @param route what it is sent to, with what its path names: keys of other routes are others
 * @param body as it was read; equal values count as equal, whatever the order of their keys
 * @throws ValidationFailed
 */
export function idempotencyKeyOf({ headers }: Request, route: string, body: Json): RequestKey | null {
  const key = headers.get(HEADER);
  if (key === null) return null;
  if (PATTERN.test(key)) return { namespace: NAMESPACE, route, key, hash: hashOf(body) };
  const msg = "Input should have 1 to 255 printable characters of ASCII";
  throw new ValidationFailed([{ loc: ["header", HEADER], msg, type: "value_error" }]);
}

/** The key of one request of a body that has many, `idempotency_key`; null without one. */
export function idempotencyKeyIn({ idempotency_key, ...request }: JsonObject, route: string): RequestKey | null {
  if (typeof idempotency_key !== "string") return null;
  return { namespace: NAMESPACE, route, key: idempotency_key, hash: hashOf(request) };
}

/** Refuses a key for all of such a body. @throws ValidationFailed */
export function refuseIdempotencyKey({ headers }: Request): void {
  if (headers.get(HEADER) === null) return;
  const msg = "Each of them has a key of its own: give it as idempotency_key";
  throw new ValidationFailed([{ loc: ["header", HEADER], msg, type: "value_error" }]);
}

function hashOf(body: Json): string {
  return new Bun.CryptoHasher("sha256").update(canonicalJson(body)).digest("hex");
}

/** The same answer, marked where it is one that was given before. */
export function marked(reply: Response, isReplayed: boolean): Response {
  if (isReplayed) reply.headers.set(REPLAYED_HEADER, "true");
  return reply;
}
