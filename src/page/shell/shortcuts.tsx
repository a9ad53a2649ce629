import { useRef } from "preact/hooks";
import { actions, useActions } from "../keys/keys.ts";
import { keySetting } from "../settings.ts";

/** Every key that does something now. */
export function Shortcuts() {
  const dialog = useRef<HTMLDialogElement>(null);
  useActions([{ key: "?", name: "Show all keys", run: () => dialog.current?.showModal() }]);
  const listed = actions.value.filter(({ key }) => key !== null);
  return (
    <dialog ref={dialog} class="dialog shortcuts" aria-label="Keys">
      <h2>Keys</h2>
      <dl>
        <div>
          <dt>
            <kbd>Ctrl K</kbd>
          </dt>
          <dd>Search, or go to a run by its id</dd>
        </div>
        {listed.map(({ key, name }) => (
          <div key={`${key} ${name}`}>
            <dt>
              {key?.split(" ").map((part) => (
                <kbd key={part}>{part}</kbd>
              ))}
            </dt>
            <dd>{name}</dd>
          </div>
        ))}
      </dl>
      <footer class="dialog-foot">
        <label>
          <input
            type="checkbox"
            checked={keySetting.value === "on"}
            onChange={({ currentTarget }) => {
              keySetting.value = currentTarget.checked ? "on" : "off";
            }}
          />{" "}
          Keys without Ctrl
        </label>
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </footer>
    </dialog>
  );
}
