import { effect, signal } from "@preact/signals";

const LEAST = 320;
const USUAL = 460;
const STEP = 24;

/** Pixels; kept by the browser. */
const width = signal(Number(localStorage.getItem("panel-width")) || USUAL);
effect(() => {
  document.documentElement.style.setProperty("--panel", `${width.value}px`);
  localStorage.setItem("panel-width", String(width.value));
});

/** Makes the panel wider or narrower, by drag or arrow keys. */
export function Resizer() {
  const set = (pixels: number) => {
    width.value = Math.round(Math.max(LEAST, Math.min(innerWidth * 0.75, pixels)));
  };
  return (
    <div
      role="separator"
      tabIndex={0}
      class="resizer"
      aria-label="Width of the step"
      aria-orientation="vertical"
      aria-valuenow={width.value}
      aria-valuemin={LEAST}
      onPointerDown={({ currentTarget, pointerId }) => currentTarget.setPointerCapture(pointerId)}
      onPointerMove={({ currentTarget, pointerId, clientX }) => {
        if (currentTarget.hasPointerCapture(pointerId)) set(innerWidth - clientX);
      }}
      onKeyDown={(event) => {
        const step = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        set(width.value + step);
      }}
    />
  );
}
