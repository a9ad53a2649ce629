import type { Change, Comparison } from "./compare.ts";

const WORDS: [Change, string][] = [
  ["added", "Added"],
  ["removed", "Removed"],
  ["changed", "Changed"],
  ["moved", "Moved"],
];
const SHOWN = 12;

/** In words what is different. */
export function Summary({ comparison: { fields, steps } }: { comparison: Comparison }) {
  if (fields.length === 0 && steps.length === 0) return <p class="diff-summary soft">Both versions say the same.</p>;
  return (
    <dl class="diff-summary">
      {WORDS.map(([change, word]) => {
        const those = steps.filter((one) => one.change === change);
        if (those.length === 0) return null;
        return (
          <div key={change} class={`diff-${change}`}>
            <dt>
              {word} {those.length.toLocaleString("en")}
            </dt>
            <dd>
              {those.slice(0, SHOWN).map(({ address, keys }) => (
                <span key={address} class="diff-step">
                  <strong>{address}</strong>
                  {keys.length > 0 && <code class="soft"> {keys.join(", ")}</code>}
                </span>
              ))}
              {those.length > SHOWN && <span class="soft">and {those.length - SHOWN} more</span>}
            </dd>
          </div>
        );
      })}
      {fields.length > 0 && (
        <div class="diff-changed">
          <dt>Definition</dt>
          <dd>
            <code>{fields.join(", ")}</code>
          </dd>
        </div>
      )}
    </dl>
  );
}
