import { createHmac, timingSafeEqual } from "node:crypto";
import { PlatformError } from "../../errors.ts";
import type { HookVerification } from "../../schemas/hook.ts";

/** How old a signature may be, or ahead; and how long one is remembered. */
export const SIGNATURE_MILLISECONDS = 5 * 60 * 1000;
/** How long the id of a delivery is remembered. */
const ID_MILLISECONDS = 24 * 60 * 60 * 1000;

/** Headers that hold signatures: they are not for the payload of a run. */
export const SIGNATURE_HEADERS: ReadonlySet<string> = new Set([
  "webhook-signature",
  "x-hub-signature",
  "x-hub-signature-256",
  "stripe-signature",
]);

/** What a delivery is known by, and how long; in the form of NewDelivery. */
export type DeliveryKeys = { key: string; milliseconds: number }[];

/**
 * Checks the signature of the bytes of a delivery.
 *
 * @returns what it is known by
 * @throws PlatformError hook_unverified
 */
export function verified(
  { scheme, secret }: HookVerification,
  headers: Headers,
  bytes: Uint8Array,
  now: number,
): DeliveryKeys {
  if (scheme === "github") return github(secret, headers, bytes);
  return scheme === "stripe" ? stripe(secret, headers, bytes, now) : standard(secret, headers, bytes, now);
}

/** Whether a secret can be one of its scheme: of standard it is base64. */
export function isSecret({ scheme, secret }: HookVerification): boolean {
  return scheme !== "standard" || /^(whsec_)?[A-Za-z0-9+/]{8,}={0,2}$/.test(secret);
}

// https://www.standardwebhooks.com: several signatures, of several secrets, are parted by blanks.
function standard(secret: string, headers: Headers, bytes: Uint8Array, now: number): DeliveryKeys {
  const id = needed(headers, "webhook-id");
  const timestamp = needed(headers, "webhook-timestamp");
  const signatures = needed(headers, "webhook-signature").split(" ");
  checkTime(timestamp, now);
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(bytes).digest();
  const given = signatures.flatMap((one) => (one.startsWith("v1,") ? [Buffer.from(one.slice(3), "base64")] : []));
  return keysOf(expected, given, id);
}

// https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
function github(secret: string, headers: Headers, bytes: Uint8Array): DeliveryKeys {
  const [, hex = ""] = /^sha256=([0-9a-f]{64})$/i.exec(needed(headers, "x-hub-signature-256")) ?? [];
  const expected = createHmac("sha256", secret).update(bytes).digest();
  return keysOf(expected, [Buffer.from(hex, "hex")], headers.get("x-github-delivery"));
}

// https://docs.stripe.com/webhooks: t=…,v1=…,v1=…
function stripe(secret: string, headers: Headers, bytes: Uint8Array, now: number): DeliveryKeys {
  const parts = needed(headers, "stripe-signature")
    .split(",")
    .map((part) => part.trim().split("="));
  const timestamp = parts.find(([name]) => name === "t")?.[1] ?? "";
  checkTime(timestamp, now);
  const expected = createHmac("sha256", secret).update(`${timestamp}.`).update(bytes).digest();
  const given = parts.flatMap(([name, hex = ""]) => (name === "v1" ? [Buffer.from(hex, "hex")] : []));
  return keysOf(expected, given, null);
}

function needed(headers: Headers, name: string): string {
  const value = headers.get(name);
  if (value === null || value === "") throw unverified(`it has no header ${name}`);
  return value;
}

function checkTime(timestamp: string, now: number): void {
  if (!/^\d{1,12}$/.test(timestamp)) throw unverified("its signature has no time");
  if (Math.abs(Number(timestamp) * 1000 - now) > SIGNATURE_MILLISECONDS) {
    throw unverified("its signature was made more than five minutes ago, or ahead");
  }
}

/** @param id of the delivery; null where its sender gives none */
function keysOf(expected: Buffer, given: Buffer[], id: string | null): DeliveryKeys {
  const fits = (one: Buffer) => one.length === expected.length && timingSafeEqual(one, expected);
  // Each is compared, whichever fits.
  if (given.filter(fits).length === 0) throw unverified("its signature does not fit the secret and the body");
  const signature = { key: `signature ${expected.toString("base64")}`, milliseconds: SIGNATURE_MILLISECONDS };
  return id === null ? [signature] : [{ key: `id ${digestOf(id)}`, milliseconds: ID_MILLISECONDS }, signature];
}

function digestOf(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("base64");
}

function unverified(why: string): PlatformError {
  return new PlatformError("hook_unverified", why);
}
