const QUOTES = ['"', "'"];

/**
 * Where the `}}` begins that ends an expression in a template: the first outside of strings and pairs of braces; -1 where
 * there is none.
 */
export function endOfExpression(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const char = text[at] ?? "";
    if (QUOTES.includes(char)) {
      const end = endOfString(text, at, char);
      if (end === -1) return -1;
      at = end - 1;
    } else if (char === "{") depth++;
    else if (char === "}") {
      if (depth > 0) depth--;
      else if (text[at + 1] === "}") return at;
    }
  }
  return -1;
}

/** The offset behind a string of CEL, in one quote or three; -1 where it is not closed. */
function endOfString(text: string, start: number, quote: string): number {
  const closing = text.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote;
  for (let at = start + closing.length; at < text.length; at++) {
    if (text.startsWith(closing, at)) return at + closing.length;
    // In raw strings too: the parser takes a quote behind a backslash for a part of them.
    if (text[at] === "\\") at++;
  }
  return -1;
}
