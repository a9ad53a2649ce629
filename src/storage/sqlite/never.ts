/** When a run is due that waits for its inbox alone, or is paused. */
export const NEVER = Number.MAX_SAFE_INTEGER;
