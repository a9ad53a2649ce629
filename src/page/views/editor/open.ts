/** The dialog that is open. */
export type Open = "save" | "diff" | "palette" | "discard" | null;
