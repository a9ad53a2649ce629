import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { go } from "../address/address.ts";
import { NotRead } from "../shared/states/states.tsx";
import { entriesFor, noWorkflows, readWorkflows, type SearchEntry } from "./search-entries.ts";

const isOpen = signal(false);
const text = signal("");
const chosen = signal(0);

export function openSearch(): void {
  text.value = "";
  chosen.value = 0;
  isOpen.value = true;
}

/** One box for everything that has a name: a run by its id, a view, a workflow, what can be done here. */
export function Search() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey)
        return;
      event.preventDefault();
      openSearch();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  const open = isOpen.value;
  // At once, so that what is typed next goes there.
  useLayoutEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  const close = () => {
    isOpen.value = false;
  };
  // The browser tells it later, when it may be open again.
  const closed = () => {
    if (dialog.current?.open !== true) close();
  };
  return (
    <dialog ref={dialog} class="dialog search" aria-label="Search" onClose={closed}>
      {open && <Box close={close} />}
    </dialog>
  );
}

function Box({ close }: { close(): void }) {
  const entries = entriesFor(text.value);
  const index = Math.min(chosen.value, Math.max(0, entries.length - 1));
  const pick = (entry: SearchEntry | undefined) => {
    if (entry === undefined) return;
    close();
    if ("path" in entry) go(entry.path);
    else entry.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) chosen.value = (index + step + entries.length) % Math.max(1, entries.length);
    else if (event.key === "Enter") pick(entries[index]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <input
        class="search-text"
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="search-entries"
        aria-activedescendant={entries.length > 0 ? `search-entry-${index}` : undefined}
        aria-label="A run's id, a view, a workflow, or > and what to do"
        placeholder="A run’s id, a view, a workflow, or > and what to do"
        value={text.value}
        onInput={({ currentTarget }) => {
          text.value = currentTarget.value;
          chosen.value = 0;
        }}
        onKeyDown={onKeyDown}
        autofocus
      />
      <div id="search-entries" role="listbox" aria-label="Found" class="search-entries">
        {entries.map((entry, place) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the box above has the focus and the keys
          <div
            key={`${entry.kind} ${entry.name}`}
            id={`search-entry-${place}`}
            role="option"
            aria-selected={place === index}
            class="search-entry"
            onClick={() => pick(entry)}
          >
            <span>{entry.name}</span>
            <span class="soft">{entry.kind}</span>
          </div>
        ))}
        {entries.length === 0 && <p class="soft search-none">Nothing has that name</p>}
      </div>
      {text.value !== "" && noWorkflows.value !== null && (
        <div class="search-none">
          <NotRead what="The names of workflows" problem={noWorkflows.value} again={readWorkflows} />
        </div>
      )}
    </>
  );
}
