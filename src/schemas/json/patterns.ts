/** What texts look like whose pattern would tell nobody anything. */
export const UUID = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$";
/** With a zone; which days there are is looked at by whoever reads it. */
export const TIME = "^\\d{4}-\\d\\d-\\d\\d[Tt]\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?([Zz]|[+-]\\d\\d:\\d\\d)$";

/** What is said of a text that does not fit a pattern. */
export const PATTERN_WORDS: ReadonlyMap<unknown, string> = new Map([
  [UUID, "Should be a UUID, such as 01a2283a-e177-7000-8f72-3914e640ff29"],
  [TIME, "Should be a time of ISO 8601 with its offset, such as 2030-01-31T08:00:00Z"],
]);
