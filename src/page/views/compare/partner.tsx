import { useState } from "preact/hooks";
import { go } from "../../address/address.ts";

const UUID = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/i;

/** Asks for another run to compare with, by its id however it was copied. */
export function Partner({ of }: { of: string }) {
  const [isWrong, setIsWrong] = useState(false);
  return (
    <form
      class="compare-partner"
      onSubmit={(event) => {
        event.preventDefault();
        const field = event.currentTarget.elements.namedItem("run");
        const [id] = UUID.exec(field instanceof HTMLInputElement ? field.value : "") ?? [];
        setIsWrong(id === undefined);
        if (id !== undefined) go(`/runs/${of}/compare/${id.toLowerCase()}`);
      }}
    >
      <input
        type="search"
        name="run"
        placeholder="Id of another run"
        aria-label="Compare with the run of this id"
        aria-invalid={isWrong}
        title={isWrong ? "This has no id of a run" : undefined}
        autocomplete="off"
      />
    </form>
  );
}
