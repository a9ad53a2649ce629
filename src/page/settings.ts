/** What somebody chose for this browser. */
import { effect, type Signal, signal } from "@preact/signals";

const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
/** How times are shown. */
const TIMES = ["utc", "local", "relative"] as const;
const SWITCH = ["on", "off"] as const;

export const theme = stored("theme", THEMES, "system");
export const timeSetting = stored("time", TIMES, "local");
/** Keys without a modifier: who dictates, or hits them by chance, can switch them off. */
export const keySetting = stored("keys", SWITCH, "on");

effect(() => {
  document.documentElement.dataset.theme = theme.value;
});

/** The choice after the one that is made. */
export function next<Choice extends string>(setting: Signal<Choice>, choices: readonly Choice[]): void {
  const following = choices[(choices.indexOf(setting.value) + 1) % choices.length];
  if (following !== undefined) setting.value = following;
}

export const nextTheme = () => next(theme, THEMES);
export const nextTime = () => next(timeSetting, TIMES);

function stored<Choice extends string>(name: string, choices: readonly Choice[], usual: Choice): Signal<Choice> {
  const kept = choices.find((one) => one === localStorage.getItem(name));
  const setting = signal<Choice>(kept ?? usual);
  effect(() => localStorage.setItem(name, setting.value));
  return setting;
}
