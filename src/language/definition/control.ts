/** Step types of which the language itself knows more than their configs. */

export const FAIL = "fail";
export const SUCCEED = "succeed";
export const SET = "set";

/** A word of an author's own for an error. */
export const CODE_PATTERN = "^[a-z][a-z0-9_]{0,63}$";

export const WAIT = "wait";

export const WORKFLOW = "workflow";

/** The name of a signal. */
export const SIGNAL_NAME = "^[A-Za-z0-9_.:-]{1,128}$";
export const MAX_SIGNAL_NAMES = 10;

/** Why a text is no name of a signal; null where it is one. */
export function faultOfSignal(name: string): string | null {
  return new RegExp(SIGNAL_NAME).test(name) ? null : "A signal's name has 1 to 128 letters, digits, _ . : -";
}

export const BLOCK = "block";
export const PARALLEL = "parallel";
export const SWITCH = "switch";
export const LOOP = "loop";
export const MAP = "map";
/** The types of steps that hold others. */
export const CONTAINER_TYPES = [BLOCK, PARALLEL, SWITCH, LOOP, MAP] as const;
export type ContainerType = (typeof CONTAINER_TYPES)[number];

export function isContainer(type: string): type is ContainerType {
  return CONTAINER_TYPES.some((one) => one === type);
}

/** The last part of the address of the step that undoes another. */
export const COMPENSATE = "$compensate";
