import { hrefOf } from "../../address/address.ts";
import { Empty } from "../../shared/states/states.tsx";
import { type WrongFilter, withoutWrong } from "./wrong-filters.ts";

/** In place of a list: what of the address is no filter. All runs would look as if they fitted. */
export function Wrong({ query, wrong }: { query: URLSearchParams; wrong: readonly WrongFilter[] }) {
  const rest = withoutWrong(query);
  return (
    <Empty title={wrong.length === 1 ? "This is no filter" : "These are no filters"}>
      <p class="soft">The address has what can't be looked for, so that nothing is listed.</p>
      <ul class="wrong-filters">
        {wrong.map(({ name, value, says }) => (
          <li key={name}>
            <code class="chip is-wrong">
              {name}: {value}
            </code>{" "}
            {says}
          </li>
        ))}
      </ul>
      <p class="empty-actions">
        <a class="button" href={hrefOf(rest.size === 0 ? "/runs" : `/runs?${rest}`)}>
          Leave {wrong.length === 1 ? "it" : "them"} out
        </a>
        {rest.size > 0 && (
          <a class="button" href={hrefOf("/runs")}>
            Clear filters
          </a>
        )}
      </p>
    </Empty>
  );
}
