import type { Problem } from "../../shared/editor/json-editor.tsx";
import { pathText } from "../../shared/json/placeholder.ts";
import type { TextState } from "./text-state.ts";

interface ProblemsProps {
  state: TextState;
  onChoose: (problem: Problem) => void;
}

/** What the platform says is wrong, and what may be meant otherwise. */
export function Problems({ state, onChoose }: ProblemsProps) {
  const verdict = state.verdict.value;
  if (!state.isJson.value)
    return <p class="problems-line fault">The text is no JSON yet. The drawing shows what it said before.</p>;
  if (verdict === null) return <p class="problems-line soft">Checking…</p>;
  if (verdict.unknown !== null) return <p class="problems-line fault">Could not be checked: {verdict.unknown}</p>;
  if (verdict.problems.length === 0) return <p class="problems-line fine">✓ Nothing is wrong</p>;
  return (
    <>
      <h2 class="problems-line">
        Problems <span class="number">{verdict.problems.length.toLocaleString("en")}</span>
      </h2>
      <ul class="problems">
        {verdict.problems.map((problem) => {
          const place = pathText([...problem.loc]);
          return (
            <li key={`${place} ${problem.message}`}>
              <button type="button" class={problem.isWarning ? "warning" : "fault"} onClick={() => onChoose(problem)}>
                <span class="problem-kind">{problem.isWarning ? "Warning" : "Fault"}</span>
                <code class="cut">{place || "the definition"}</code>
                <span>{problem.message}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </>
  );
}
