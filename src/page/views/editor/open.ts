/** The dialog that is open. */
export type Open = "save" | "palette" | "discard" | null;
