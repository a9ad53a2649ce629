import { outage } from "../data/outage.ts";
import { absoluteText } from "../shared/time/format.ts";
import { now } from "../shared/time/now.ts";

/** Says that the platform can't answer, since when, and when it is asked again; what was shown stays. */
export function Banner() {
  const { value } = outage;
  if (value === null) return null;
  const { problem, since, retryAt, again } = value;
  const seconds = Math.max(0, Math.ceil((retryAt - now.value) / 1000));
  return (
    <div class="banner" role="alert">
      <strong>{problem.text}</strong>
      <span>
        Since {absoluteText(new Date(since), since)}. What is shown may be older than that.{" "}
        <span aria-hidden="true">Asked again in {seconds} s.</span>
      </span>
      <button type="button" onClick={again}>
        Ask now
      </button>
    </div>
  );
}
