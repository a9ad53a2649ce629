import { signal } from "@preact/signals";
import { address, go } from "../../address/address.ts";

interface SavedFilter {
  name: string;
  /** Behind the `?`. */
  query: string;
}

const PLACE = "saved-filters";
const saved = signal<readonly SavedFilter[]>(read());

/** Filters that were given a name in this browser. They are addresses: to share one is to copy it. */
export function SavedFilters() {
  const query = String(address.value.query);
  const current = saved.value.find((one) => one.query === query);
  const save = () => {
    const name = prompt("A name for this filter", query)?.trim();
    if (name) store([...saved.value.filter((one) => one.name !== name), { name, query }]);
  };
  return (
    <>
      {saved.value.length > 0 && (
        <select
          aria-label="Saved filters"
          value={current?.name ?? ""}
          onChange={({ currentTarget }) => {
            const chosen = saved.value.find(({ name }) => name === currentTarget.value);
            if (chosen !== undefined) go(`/runs?${chosen.query}`);
          }}
        >
          <option value="">saved…</option>
          {saved.value.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      )}
      {current !== undefined ? (
        <button type="button" class="quiet" onClick={() => store(saved.value.filter((one) => one !== current))}>
          ★ Forget
        </button>
      ) : (
        query !== "" && (
          <button type="button" class="quiet" onClick={save}>
            ☆ Save
          </button>
        )
      )}
    </>
  );
}

function store(filters: readonly SavedFilter[]): void {
  saved.value = filters;
  localStorage.setItem(PLACE, JSON.stringify(filters));
}

/** What another version of the page wrote may be anything. */
function read(): SavedFilter[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(PLACE) ?? "[]");
    return Array.isArray(found) ? found.filter(isSaved) : [];
  } catch {
    return [];
  }
}

function isSaved(value: unknown): value is SavedFilter {
  return typeof value === "object" && value !== null && "name" in value && "query" in value;
}
