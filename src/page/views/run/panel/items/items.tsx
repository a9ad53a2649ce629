import { useEffect, useRef, useState } from "preact/hooks";
import { address, choose, go } from "../../../../address/address.ts";
import { platform } from "../../../../data/platform.ts";
import { useReading } from "../../../../data/reading.ts";
import { Unread } from "../../../../shared/states/states.tsx";
import { StatusMark } from "../../../../shared/status/status.tsx";
import type { PanelTabProps } from "../tab.ts";
import { countsOf, statusOf, wordOf } from "./cells.ts";
import { ItemList } from "./item-list.tsx";
import { ItemSteps } from "./item-steps.tsx";
import { Strip } from "./strip.tsx";

/** The items of a map, however many: a strip of all of them, and what is in the one that is open. */
export function MapItems({ run, step }: PanelTabProps) {
  const reading = useReading(`items ${run.uuid} ${step.address}`, (signal) =>
    platform.runs.handle(run.uuid).items(step.address, { signal }),
  );
  const known = run.steps.find((one) => one.address === step.address);
  const counts = JSON.stringify(known?.within ?? step.status);
  const shown = useRef(counts);
  useEffect(() => {
    if (shown.current !== counts) reading.again();
    shown.current = counts;
  }, [counts, reading]);
  const { value } = reading.state.value;
  if (value === null) return <Unread reading={reading} rows={3} label="Reading the items" />;
  if (value.total === 0) return <p class="soft">It has no items</p>;
  return <Known run={run.uuid} map={step.address} items={value.items} />;
}

function Known({ run, map, items }: { run: string; map: string; items: string }) {
  const { query } = address.value;
  const onlyFailed = query.get("failed") === "1";
  const open = itemIn(query.get("item"), items.length);
  const [moved, setMoved] = useState<number | null>(null);
  const at = Math.min(items.length - 1, moved ?? open ?? Math.max(0, items.indexOf("f")));
  const opened = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // However it was opened, keys go on from there; it stands below the list, perhaps out of view.
    setMoved(null);
    opened.current?.scrollIntoView({ block: "nearest" });
  }, [open]);
  const openItem = (index: number) => go(choose({ item: index }));
  return (
    <section class="map-items" aria-label={`Items of ${map}`}>
      <p class="map-counts">
        {[...countsOf(items)].map(([letter, count]) => (
          <span key={letter} class={`status-${statusOf(letter)}`}>
            <StatusMark status={statusOf(letter)} /> {count.toLocaleString("en")} {wordOf(letter)}
          </span>
        ))}
        <label class="soft">
          <input
            type="checkbox"
            checked={onlyFailed}
            onChange={({ currentTarget }) => go(choose({ failed: currentTarget.checked ? 1 : null }))}
          />{" "}
          only failed
        </label>
      </p>
      <Strip {...{ items, at, onlyFailed }} label={`Items of ${map}`} onMove={setMoved} onOpen={openItem} />
      <p class="map-at">
        <span>
          Item <strong class="number">{at}</strong> of {items.length.toLocaleString("en")}, from 0:{" "}
          <span class={`status-${statusOf(items[at])}`}>{wordOf(items[at])}</span>
        </span>
        {at !== open && (
          <button type="button" onClick={() => openItem(at)}>
            Open
          </button>
        )}
      </p>
      <ItemList key={String(onlyFailed)} {...{ run, map, items, onlyFailed, open }} />
      {open !== null && (
        <div ref={opened}>
          <ItemSteps key={open} run={run} item={`${map}[${open}]`} letter={items[open] ?? ""} />
        </div>
      )}
    </section>
  );
}

/** The item that the address says; null where it says none that there is. */
function itemIn(text: string | null, count: number): number | null {
  return text !== null && /^\d{1,7}$/.test(text) && Number(text) < count ? Number(text) : null;
}
