import { useState } from "preact/hooks";
import { address, choose, go } from "../../address/address.ts";
import { FILTERS } from "./filter.ts";
import { wrongFilters } from "./wrong-filters.ts";

const TIME = "-2h, or 2026-11-29T10:00:00Z";
/** What has no field of its own, with what may be written. */
const ADDED = [
  ["tag", FILTERS.tag, "eu"],
  ["version", FILTERS.version, "of the workflow"],
  ["from", "created from", TIME],
  ["to", "created before", TIME],
  ["at", "go to a time", TIME],
  ["parent", FILTERS.parent, "id of a run"],
  ["root", FILTERS.root, "id of a run"],
  ["again", FILTERS.again, "id of a run"],
] as const;

/** Asks for one more part of the filter, which is in the address then. */
export function AddFilter() {
  const [name, setName] = useState<string | null>(null);
  const [typed, setTyped] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const [, label, example] = ADDED.find(([one]) => one === name) ?? [];
  const close = () => {
    setName(null);
    setTyped("");
    setFault(null);
  };
  if (name === null || label === undefined)
    return (
      <select
        class="add-filter-choice"
        aria-label="Add a filter"
        value=""
        onChange={({ currentTarget }) => setName(currentTarget.value || null)}
      >
        <option value="">+ filter</option>
        {ADDED.map(([one, says]) => (
          <option key={one} value={one}>
            {says}
          </option>
        ))}
      </select>
    );
  const add = () => {
    const query = new URLSearchParams(address.value.query);
    query.set(name, typed.trim());
    const wrong = wrongFilters(query).find((one) => one.name === name);
    if (wrong !== undefined) return setFault(wrong.says);
    go(choose({ [name]: typed.trim(), ...(name !== "at" && { at: null }) }));
    close();
  };
  return (
    <form
      class="chip add-filter"
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
      }}
    >
      <label>
        {label}:{" "}
        <input
          type="text"
          ref={(input) => input?.focus()}
          placeholder={example}
          value={typed}
          aria-invalid={fault !== null}
          spellcheck={false}
          onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        />
      </label>
      <button type="submit" class="quiet" disabled={typed.trim() === ""}>
        Set
      </button>
      <button type="button" class="quiet" aria-label="Not now" onClick={close}>
        ×
      </button>
      {fault !== null && (
        <span class="add-filter-fault" role="alert">
          {fault}
        </span>
      )}
    </form>
  );
}
