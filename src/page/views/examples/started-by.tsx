import { cronWords } from "../schedules/cron-words.ts";
import { startOf } from "./starts.ts";

/** How an example is started that nobody starts by hand. */
export function StartedBy({ id }: { id: string }) {
  const start = startOf(id);
  if (start?.by === "schedule")
    return (
      <p>
        Comes with a schedule that starts it {cronWords(start.written.cron)}, with the payload{" "}
        <code>{JSON.stringify(start.written.payload)}</code>.
      </p>
    );
  if (start?.by === "hook") return <p>Comes with a hook, an address of its own: what is sent there starts it.</p>;
  return null;
}
