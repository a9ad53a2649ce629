/** Every status of runs and steps: its word, and the mark that tells it apart without its colour. */
export const STATUSES = {
  pending: { word: "pending", mark: "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11M8 5v3.2l2 1.4" },
  running: { word: "running", mark: "M13.5 8A5.5 5.5 0 1 1 8 2.5M8 8m-1.2 0a1.2 1.2 0 1 0 2.4 0a1.2 1.2 0 1 0-2.4 0" },
  success: { word: "success", mark: "M3 8.5l3.2 3.2L13 4.8" },
  failed: { word: "failed", mark: "M4 4l8 8M12 4l-8 8" },
  paused: { word: "paused", mark: "M5.5 3.5v9M10.5 3.5v9" },
  cancelled: { word: "cancelled", mark: "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11M4.2 11.8l7.6-7.6" },
  skipped: { word: "skipped", mark: "M3 8h10" },
  unreached: { word: "not reached", mark: "M3.5 8h.1M8 8h.1M12.5 8h.1" },
  unknown: {
    word: "unknown",
    mark: "M5.4 6.2a2.6 2.6 0 1 1 3.9 2.2c-.9.5-1.3 1-1.3 1.9M8 13v.2",
  },
} as const;

export type KnownStatus = keyof typeof STATUSES;

/** A status that the page knows; one of a newer server is shown as unknown, with its own word. */
export function knownStatus(status: string): KnownStatus {
  return isKnown(status) ? status : "unknown";
}

/** What a status is called. */
export function statusWord(status: string): string {
  return isKnown(status) ? STATUSES[status].word : `unknown: ${status}`;
}

function isKnown(status: string): status is KnownStatus {
  return Object.hasOwn(STATUSES, status);
}
