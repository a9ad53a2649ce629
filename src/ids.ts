/** A new UUIDv7 (RFC 9562): ids made later sort later. */
export function newId(now: number): string {
  return Bun.randomUUIDv7("hex", now);
}

/** The smallest UUIDv7 of a millisecond: every id made before it sorts below. */
export function idFloor(milliseconds: number): string {
  const time = Math.max(0, milliseconds).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}

/** When a UUIDv7 was made, milliseconds since the epoch; null for an id of another version. */
export function timeOfId(uuid: string): number | null {
  return uuid[14] === "7" ? Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16) : null;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text has the form of a UUID of any version. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
