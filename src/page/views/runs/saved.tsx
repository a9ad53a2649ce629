import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { address, go } from "../../address/address.ts";
import { Dialog } from "../../shared/dialog/dialog.tsx";

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
  const [isNaming, setIsNaming] = useState(false);
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
          ★ Forget filter
        </button>
      ) : (
        query !== "" && (
          <button type="button" class="quiet" onClick={() => setIsNaming(true)}>
            ☆ Save filter
          </button>
        )
      )}
      {isNaming && <NameDialog query={query} onClose={() => setIsNaming(false)} />}
    </>
  );
}

/** Asks what a filter is to be called. One with this name is replaced. */
function NameDialog({ query, onClose }: { query: string; onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const name = typed.trim();
  return (
    <Dialog title="Save this filter" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          store([...saved.value.filter((one) => one.name !== name), { name, query }]);
          onClose();
        }}
      >
        <p class="soft">
          It is kept in this browser: <code>{decodeURIComponent(query.replaceAll("+", " "))}</code>
        </p>
        <label class="form-field">
          Name
          <input
            type="text"
            maxLength={80}
            value={typed}
            onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          />
        </label>
        <div class="dialog-foot">
          <button type="button" onClick={onClose}>
            Not now
          </button>
          <button type="submit" class="primary" disabled={name === ""}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
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
