import { useState } from "preact/hooks";
import type { RunFilter } from "../../../client/client.ts";
import { useDoing } from "../../data/doing.ts";
import { platform } from "../../data/platform.ts";
import { download } from "../../shared/copy/download.ts";

/** More are read by `wf runs --json`, which keeps none of them in memory. */
const MOST = 10_000;

/** The summaries of all runs that fit, one on a line. */
export function Export({ filter }: { filter: () => RunFilter }) {
  const [progress, setProgress] = useState<string | null>(null);
  const { run, problem } = useDoing(async () => {
    const lines: string[] = [];
    for await (const summary of platform.runs.summaries(filter())) {
      lines.push(JSON.stringify(summary));
      if (lines.length % 200 === 0) setProgress(`${lines.length.toLocaleString("en")}…`);
      if (lines.length === MOST) break;
    }
    download("runs.jsonl", `${lines.join("\n")}\n`, "application/x-ndjson");
    setProgress(lines.length === MOST ? `the newest ${MOST.toLocaleString("en")}` : null);
  });
  const state = problem?.text ?? progress;
  return (
    <button type="button" class="quiet" onClick={run} title="Download the summaries of these runs">
      ⤓ JSONL{state !== null && <span class="soft"> {state}</span>}
    </button>
  );
}
