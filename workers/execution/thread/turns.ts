/** What a run may cost before others have their turn, in units of expressions; some 250 ms. */
export const MAX_UNITS = 1_000_000;
/** What a decision costs in such units, with the step that comes of it. */
export const UNITS_OF_A_DECISION = 30;
