import type { BulkState } from "../../../../client/bulk.ts";
import { hrefOf } from "../../../address/address.ts";

/** Why it can't be done to some runs, with the first of each kind. */
export function Errors({ errors }: { errors: BulkState["errors"] }) {
  if (errors.length === 0) return null;
  return (
    <ul class="bulk-errors">
      {errors.map(({ code, detail, count, run_id }) => (
        <li key={code}>
          {count.toLocaleString("en")}: {detail} <a href={hrefOf(`/runs/${run_id}`)}>the first</a>
        </li>
      ))}
    </ul>
  );
}
