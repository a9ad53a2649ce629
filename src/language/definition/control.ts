/** Step types of which the language itself knows more than their configs. */

export const FAIL = "fail";

/** A word of an author's own for an error. */
export const CODE_PATTERN = "^[a-z][a-z0-9_]{0,63}$";
