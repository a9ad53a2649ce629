import reference from "./reference.json" with { type: "json" };

interface Pair {
  python?: number;
  rust?: number;
}

/** The original's figures for that many users, by name; nothing for a load that it never published. */
export function published(users: number): (figure: string) => Pair {
  return (figure) => {
    const pair: Pair = {};
    for (const run of reference.runs) {
      if (run.users !== users || "phase" in run) continue;
      const value = Object.entries(run).find(([name]) => name === figure)?.[1];
      if (typeof value !== "number") continue;
      if (run.implementation === "python") pair.python = value;
      else pair.rust = value;
    }
    return pair;
  };
}

/** The original's mean per request at 1,000 users, in ms. */
export function publishedEndpoint(request: string): Pair {
  const found = Object.entries(reference.endpoint_mean_ms_1000_users).find(([name]) => name === request)?.[1];
  return found ?? {};
}
