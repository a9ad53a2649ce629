import { address, choose, hrefOf } from "../../address/address.ts";
import { useWalk } from "../../keys/walk.ts";
import { ChosenExample } from "./chosen-example.tsx";
import { EXAMPLES } from "./examples.ts";

/** Definitions to begin with, which can be tried without a network. */
export function ExamplesView() {
  const { query } = address.value;
  const chosen = EXAMPLES.find(({ id }) => id === query.get("example")) ?? EXAMPLES[0];
  useWalk(".examples-list a", "example");
  return (
    <div class="page-pad examples">
      <div class="view-head">
        <h1>Examples</h1>
        <p class="soft">Each has its test, and none needs a network to be tried.</p>
      </div>
      <nav class="examples-list" aria-label="Examples">
        {EXAMPLES.map(({ id, definition }) => (
          <a
            key={id}
            href={hrefOf(choose({ example: id, step: null }))}
            aria-current={id === chosen?.id ? "true" : undefined}
          >
            <span class="example-name">{definition.name}</span>
            <span class="soft">{String(definition.description ?? "")}</span>
          </a>
        ))}
      </nav>
      {chosen !== undefined && <ChosenExample key={chosen.id} example={chosen} />}
    </div>
  );
}
