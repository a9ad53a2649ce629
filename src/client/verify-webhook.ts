/** Signatures of webhooks as https://www.standardwebhooks.com has them. */

/** Seconds that a webhook may be old, or ahead of the clock. */
const TOLERANCE_SECONDS = 5 * 60;

export interface SignedWebhook {
  /** The body as it came, before it is parsed. */
  body: string;
  /** With webhook-id, webhook-timestamp and webhook-signature, in any case, as Node and others have headers. */
  headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Of the sender; with or without whsec_ before it. */
  secret: string;
  /** Seconds since the epoch; the time of the machine without. */
  now?: number;
}

/** Whether a webhook was signed with the secret, within the last five minutes. */
export async function verifyWebhook({
  body,
  headers,
  secret,
  now = Date.now() / 1000,
}: SignedWebhook): Promise<boolean> {
  const [id, timestamp, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) =>
    headerOf(headers, name),
  );
  if (!id || !/^\d{1,12}$/.test(timestamp ?? "") || !signatures) return false;
  if (Math.abs(now - Number(timestamp)) > TOLERANCE_SECONDS) return false;
  const bytes = bytesOf(secret.replace(/^whsec_/, ""));
  if (bytes === null) return false;
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  for (const signature of signatures.split(" ")) {
    const given = signature.startsWith("v1,") ? bytesOf(signature.slice(3)) : null;
    if (given !== null && (await crypto.subtle.verify("HMAC", key, given, signed))) return true;
  }
  return false;
}

/** Empty where there is none, or where it came twice: no sender does that. */
function headerOf(headers: SignedWebhook["headers"], name: string): string {
  if (headers instanceof Headers) return headers.get(name) ?? "";
  const values = Object.entries(headers).flatMap(([key, value]) => (key.toLowerCase() === name ? (value ?? []) : []));
  return values.length === 1 ? (values[0] ?? "") : "";
}

/** Null where it is no base64. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}
