/** The one namespace that there is so far; rows and indexes carry it already. */
export const NAMESPACE = "default";
