/**
 * Puts the wall clock of a process off: `CLOCK_OFF_MS=3600000 bun --preload clock-off.ts program.ts`. All that JavaScript can
 * see of it is moved; the monotonic clock is not, as on a machine whose clock is wrong, and neither are threads.
 */
const real = Date;
const off = Number(process.env.CLOCK_OFF_MS);
const now = () => real.now() + off;

globalThis.Date = new Proxy(real, {
  construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [now()] : given, made),
  apply: () => new real(now()).toString(),
  get: (target, key) => (key === "now" ? now : Reflect.get(target, key)),
});
