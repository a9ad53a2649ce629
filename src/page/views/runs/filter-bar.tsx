import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { address, choose, go } from "../../address/address.ts";
import { useActions } from "../../keys/keys.ts";
import { TextFilter } from "../../shared/form/text-filter.tsx";
import { RUN_STATUSES } from "../../shared/status/run-statuses.ts";
import { StatusMark } from "../../shared/status/status.tsx";
import { AddFilter } from "./add-filter.tsx";
import { chosenFilters, FILTERS } from "./filter.ts";
import type { WrongFilter } from "./wrong-filters.ts";

const WINDOWS = [
  ["", "any time"],
  ["-15m", "last 15 minutes"],
  ["-1h", "last hour"],
  ["-24h", "last 24 hours"],
  ["-7d", "last 7 days"],
  ["-30d", "last 30 days"],
] as const;
/** Those with a field of their own; others are shown as chips. */
const WITH_FIELD = new Set(["status", "workflow", "from", "q"]);

/** What of all runs is listed. Each choice is a part of the address. */
export function FilterBar({ wrong, children }: { wrong: readonly WrongFilter[]; children?: ComponentChildren }) {
  const { query } = address.value;
  const first = useRef<HTMLInputElement>(null);
  useActions([{ key: "/", name: "Filter by an error's text", run: () => first.current?.focus() }]);
  const from = query.get("from") ?? "";
  const isWrong = new Set(wrong.map(({ name }) => name));
  const chosen = chosenFilters(query).filter(([name]) => !WITH_FIELD.has(name) && !isWrong.has(name));
  const chips = [
    ...chosen.map(([name, value]) => ({ name, label: FILTERS[name], value })),
    ...wrong.map(({ name, value }) => ({ name, label: name, value })),
  ];
  return (
    <search class="filters" aria-label="Filters">
      <StatusToggles />
      <TextFilter name="workflow" label="Workflow" placeholder="workflow id" />
      <TextFilter name="q" label="Text in the error" placeholder="error has…" field={first} />
      <select
        aria-label="Created"
        value={from}
        onChange={({ currentTarget }) => go(choose({ from: currentTarget.value, at: null }))}
      >
        {WINDOWS.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
        {!WINDOWS.some(([value]) => value === from) && <option value={from}>since {from}</option>}
      </select>
      {chips.map(({ name, label, value }) => (
        <span class={`chip ${isWrong.has(name) ? "is-wrong" : ""}`} key={name}>
          {label}: {value}
          <button
            type="button"
            class="quiet"
            aria-label={`Remove ${label}`}
            onClick={() => go(choose({ [name]: null }))}
          >
            ×
          </button>
        </span>
      ))}
      <AddFilter />
      {(chosenFilters(query).length > 0 || wrong.length > 0) && (
        <button type="button" class="quiet" onClick={() => go("/runs")}>
          Clear
        </button>
      )}
      <span class="filters-end">{children}</span>
    </search>
  );
}

function StatusToggles() {
  const chosen = new Set(address.value.query.get("status")?.split(",").filter(Boolean));
  const toggle = (status: string) => {
    if (!chosen.delete(status)) chosen.add(status);
    go(choose({ status: RUN_STATUSES.filter((one) => chosen.has(one)).join(","), at: null }));
  };
  return (
    <fieldset class="toggles">
      <legend class="sr-only">Status</legend>
      {RUN_STATUSES.map((status) => (
        <button
          key={status}
          type="button"
          class={`toggle status-${status}`}
          aria-pressed={chosen.has(status)}
          onClick={() => toggle(status)}
        >
          <StatusMark status={status} />
          {status}
        </button>
      ))}
    </fieldset>
  );
}
