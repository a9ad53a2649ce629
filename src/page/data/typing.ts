import { useEffect, useMemo } from "preact/hooks";

/** Milliseconds after the last key: so long nobody pauses within a word. */
const PAUSE = 300;

/** Does something once somebody has stopped typing: of several in a row, the last. */
export class Typing {
  #timer: ReturnType<typeof setTimeout> | undefined;

  stopped(run: () => void): void {
    this.close();
    this.#timer = setTimeout(run, PAUSE);
  }

  /** What was to be done is not done. */
  close(): void {
    clearTimeout(this.#timer);
  }
}

/** The same for as long as a component is shown. */
export function useTyping(): Typing {
  const typing = useMemo(() => new Typing(), []);
  useEffect(() => () => typing.close(), [typing]);
  return typing;
}
