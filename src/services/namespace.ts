import { DEFAULT_NAMESPACE } from "../schemas/runs/event.ts";

/** The one namespace that the API serves so far. */
export const NAMESPACE = DEFAULT_NAMESPACE;
