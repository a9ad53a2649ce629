import { useState } from "preact/hooks";
import type { RunFilter } from "../../../client/client.ts";
import { platform } from "../../data/platform.ts";
import { problemOf } from "../../data/problem.ts";
import { download } from "../../shared/copy/download.ts";

/** More are read by `wf runs --json`, which keeps none of them in memory. */
const MOST = 10_000;

/** The summaries of all runs that fit, one on a line. */
export function Export({ filter }: { filter: () => RunFilter }) {
  const [state, setState] = useState<string | null>(null);
  const run = async () => {
    const lines: string[] = [];
    try {
      for await (const summary of platform.runs.summaries(filter())) {
        lines.push(JSON.stringify(summary));
        if (lines.length % 200 === 0) setState(`${lines.length.toLocaleString("en")}…`);
        if (lines.length === MOST) break;
      }
      download("runs.jsonl", `${lines.join("\n")}\n`, "application/x-ndjson");
      setState(lines.length === MOST ? `the newest ${MOST.toLocaleString("en")}` : null);
    } catch (error) {
      setState(problemOf(error).text);
    }
  };
  return (
    <button type="button" class="quiet" onClick={run} title="Download the summaries of these runs">
      ⤓ JSONL{state !== null && <span class="soft"> {state}</span>}
    </button>
  );
}
