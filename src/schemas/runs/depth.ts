/** Says in a webhook how many workflows triggered one another up to it; a trigger that carries it starts a run of that depth. */
export const DEPTH_HEADER = "x-workflow-depth";

/** A workflow that triggers itself ends here. */
export const MAX_DEPTH_OF_RUNS = 32;
