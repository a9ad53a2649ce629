/** The order in which due runs are claimed. */

/** Of runs whose trigger asks for none. */
export const DEFAULT_PRIORITY = 3;

/**
 * Of so many claims of due runs one takes those that fell due first, whatever their priority; the others take runs of a higher priority
 * first, and of one priority those that fell due first. So no run waits for ever, and each gets at least its part of the claims.
 */
export const CLAIMS_IN_ORDER = 4;
