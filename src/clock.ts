/** Time, timers and the next turn of the event loop. The only way to them, so that a simulation can own them. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds on a clock that never jumps; only differences mean something. */
  monotonic(): number;
  /** Calls back once after so many milliseconds; returns what cancels it. */
  timer(milliseconds: number, callback: () => void): () => void;
  /** Calls back once the events that are ready now have been handled. */
  nextTurn(callback: () => void): void;
}

// setTimeout takes a 32-bit count and fires at once above it; callers set another timer for the rest.
const LONGEST_TIMER = 24 * 60 * 60 * 1000;

export const systemClock: Clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  timer(milliseconds, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, milliseconds), LONGEST_TIMER));
    return () => clearTimeout(timer);
  },
  nextTurn: (callback) => {
    setImmediate(callback);
  },
};

/** An ISO 8601 time with its offset written out, which every language's parser takes. */
export function isoTime(milliseconds: number): string {
  // Steps of one burst share their millisecond, and so do runs of one page.
  if (milliseconds !== lastTime) {
    lastTime = milliseconds;
    lastText = `${new Date(milliseconds).toISOString().slice(0, -1)}+00:00`;
  }
  return lastText;
}

let lastTime = Number.NaN;
let lastText = "";
