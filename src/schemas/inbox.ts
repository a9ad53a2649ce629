/** What came for a run and was not taken yet. */
export interface InboxRow {
  /** The order of arrival, from 1 on. */
  seq: number;
  kind: "signal";
  /** Of the signal. */
  name: string;
  /** JSON text. */
  body: string;
  /** UUID of the signal. */
  id: string;
  /** Milliseconds since the epoch. */
  receivedAt: number;
}

/** Characters of the bodies. */
export function sizeOf(rows: readonly InboxRow[]): number {
  return rows.reduce((sum, { body }) => sum + body.length, 0);
}
