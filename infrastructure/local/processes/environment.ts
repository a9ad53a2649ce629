/** What the environment of a service may hold: it needs nothing else of ours. */
export function plainEnvironment(): Record<string, string> {
  const names = new Set(["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR"]);
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value = ""]) => (names.has(name) ? [[name, value]] : [])),
  );
}
