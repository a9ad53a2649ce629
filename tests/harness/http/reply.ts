const SHOWN = 400;

/** An answer of the API. */
export interface Reply {
  /** The request in one line, for failures. */
  sent: string;
  status: number;
  headers: Headers;
  text: string;
  /** The parsed text; undefined where it is no JSON. */
  body: unknown;
}

/** The beginning of a text, for a failure. */
export function shorten(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}… (${text.length} characters)`;
}
