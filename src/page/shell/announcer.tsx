import { said } from "../announce.ts";

/** The one place where such sentences appear. */
export function Announcer() {
  return (
    <div class="sr-only" role="status" aria-live="polite">
      {said}
    </div>
  );
}
