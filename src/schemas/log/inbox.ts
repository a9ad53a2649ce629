/** What came for a run and was not taken yet. */
export interface InboxRow {
  /** The order of arrival, from 1 on. */
  seq: number;
  kind: "signal" | "child";
  /** Of the signal; of a child run the path of the attempt that started it. */
  name: string;
  /** JSON text. */
  body: string;
  /** UUID of the signal, or of the child run. */
  id: string;
  /** Milliseconds since the epoch. */
  receivedAt: number;
}

/** Characters of the bodies. */
export function sizeOf(rows: readonly InboxRow[]): number {
  return rows.reduce((sum, { body }) => sum + body.length, 0);
}
