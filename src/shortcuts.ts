/** Ways of a run that save a write or a message. Each is one file of workers/shortcuts, and can be switched off. */
export const SHORTCUTS = ["claim_by_insert", "run_before_insert", "unclaimed"] as const;
export type Shortcut = (typeof SHORTCUTS)[number];

/** The values of the setting SHORTCUTS. */
export const SHORTCUTS_PATTERN = `^(all|none|(${SHORTCUTS.join("|")})(,(${SHORTCUTS.join("|")}))*)$`;

/** The shortcuts that the setting names. */
export function shortcutsOf(setting: string): ReadonlySet<Shortcut> {
  if (setting === "all") return new Set(SHORTCUTS);
  const named = setting.split(",");
  return new Set(SHORTCUTS.filter((shortcut) => named.includes(shortcut)));
}
