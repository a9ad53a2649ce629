import { useId } from "preact/hooks";
import { choose, go } from "../../../address/address.ts";
import { offeredAttempt } from "./choice.ts";

/** Which attempt is shown of each step. @param most how many attempts a step had at most */
export function AttemptSelect({ most }: { most: number }) {
  const id = useId();
  const reason = most < 2 ? "Every step had one attempt" : undefined;
  return (
    <label class="attempt-choice" title={reason}>
      attempt{" "}
      <select
        disabled={reason !== undefined}
        aria-describedby={reason === undefined ? undefined : id}
        value={offeredAttempt(most) ?? ""}
        onChange={({ currentTarget }) => go(choose({ attempt: currentTarget.value }))}
      >
        <option value="">all</option>
        {most > 1 && Array.from({ length: most }, (_, index) => <option key={index}>{index + 1}</option>)}
        {most > 1 && <option>last</option>}
      </select>
      {reason !== undefined && (
        <span id={id} hidden>
          {reason}
        </span>
      )}
    </label>
  );
}
