/** The parts of a path that a pattern such as `/runs/:id` names, decoded; null where it does not fit. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  if (wanted.length !== given.length) return null;
  const found: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const own = given[index] ?? "";
    if (part.startsWith(":")) found[part.slice(1)] = decoded(own);
    else if (part !== own) return null;
  }
  return found;
}

/** A path is typed by people, too: what is no percent-encoding stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
