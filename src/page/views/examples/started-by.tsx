import { hrefOf } from "../../address/address.ts";

/** How an example is started that nobody starts by hand. */
export function StartedBy({ id }: { id: string }) {
  if (id === "daily_report")
    return (
      <p>
        Once it is used, <a href={hrefOf("/schedules?new=1")}>make a schedule</a> that starts it, such as{" "}
        <code>0 6 * * *</code> with the payload <code>{'{"day": "${schedule.time}"}'}</code>.
      </p>
    );
  if (id === "inbound_hook")
    return (
      <p>
        Once it is used, its <a href={hrefOf("/workflows/inbound_hook?tab=triggers")}>triggers</a> have the command that
        makes its hook.
      </p>
    );
  return null;
}
