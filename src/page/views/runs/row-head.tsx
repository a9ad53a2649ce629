import { address, choose, hrefOf } from "../../address/address.ts";

const BEFORE = ["Status", "Workflow"];
const BEHIND = ["Took", "Step", "Error"];

/** What the columns are, and by which the rows are in order. */
export function RowHead() {
  const isOldFirst = address.value.query.get("order") === "asc";
  const title = (name: string) => (
    <span role="columnheader" key={name}>
      {name}
    </span>
  );
  return (
    <div role="row" aria-rowindex={1} class="run-row run-head">
      <span role="columnheader">
        <span class="sr-only">Chosen</span>
      </span>
      {BEFORE.map(title)}
      <span role="columnheader">
        <span class="sr-only">Version</span>
      </span>
      <span role="columnheader" aria-sort={isOldFirst ? "ascending" : "descending"}>
        <a
          href={hrefOf(choose({ order: isOldFirst ? null : "asc", at: null }))}
          title={isOldFirst ? "The oldest come first" : "The newest come first"}
        >
          Created <span aria-hidden="true">{isOldFirst ? "↑" : "↓"}</span>
        </a>
      </span>
      {BEHIND.map(title)}
    </div>
  );
}
