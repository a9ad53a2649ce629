import { collect } from "../../../../data/collect.ts";
import { platform } from "../../../../data/platform.ts";
import { useReading } from "../../../../data/reading.ts";
import { Unread } from "../../../../shared/states/states.tsx";
import { Status } from "../../../../shared/status/status.tsx";
import { Took } from "../../../../shared/time/time.tsx";
import { StepLink } from "../../step-link.tsx";

const SHOWN = 100;

interface ItemStepsProps {
  run: string;
  /** Its address: `prices[3]`. */
  item: string;
  /** What is known of it; it is read again where that changes. */
  letter: string;
}

/** What is in one item of a map; of no other item anything is read. */
export function ItemSteps({ run, item, letter }: ItemStepsProps) {
  const reading = useReading(`${run} ${item} ${letter}`, (signal) =>
    collect(platform.runs.handle(run).steps({ under: item, signal }), SHOWN),
  );
  const { value } = reading.state.value;
  if (value === null) return <Unread reading={reading} rows={2} label={`Reading ${item}`} />;
  if (value.items.length === 0)
    return <p class="soft">Nothing is kept of {item}: it has not begun, or its steps can be computed again.</p>;
  return (
    <table class="table item-steps">
      <caption class="sr-only">Steps of {item}</caption>
      <tbody>
        {value.items.map(({ address, status, started_at, completed_at, error }) => (
          <tr key={address}>
            <td>
              <StepLink address={address}>{address}</StepLink>
              {error !== null && <span class="item-error">{error}</span>}
            </td>
            <td>
              <Status status={status} />
            </td>
            <td>
              <Took from={started_at} to={completed_at} isOpen={status === "running"} />
            </td>
          </tr>
        ))}
        {value.hasMore && (
          <tr>
            <td colSpan={3} class="soft">
              and more
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}
