/** The platform with all shortcuts on, or one of them off. */
import { type Platform, startEmbedded } from "../platform/platform.ts";
import type { Session } from "../scenario.ts";

/** The values of the setting SHORTCUTS. */
const SHORTCUTS = ["claim_by_insert", "run_before_insert", "unclaimed"] as const;
export type Shortcut = (typeof SHORTCUTS)[number];

function settingOf(without: Shortcut | null): string {
  return without === null ? "all" : SHORTCUTS.filter((shortcut) => shortcut !== without).join(",");
}

/** A platform of one process for each setting, kept until all is over: a process that was just started is slow. */
export class EmbeddedVariants {
  readonly #platforms = new Map<string, Platform>();

  async without(shortcut: Shortcut | null): Promise<Platform> {
    const setting = settingOf(shortcut);
    const platform = this.#platforms.get(setting) ?? (await startEmbedded({ env: { SHORTCUTS: setting } }));
    this.#platforms.set(setting, platform);
    return platform;
  }

  async close(): Promise<void> {
    for (const platform of this.#platforms.values()) await platform.stop();
  }
}

/** The stack, whose workers are started again with each setting. */
export class StackVariants {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async without(shortcut: Shortcut | null): Promise<Platform> {
    const stack = await this.#session.stack();
    await stack.withoutWorkers?.(async () => {
      process.env.SHORTCUTS = settingOf(shortcut);
    });
    return stack;
  }

  async close(): Promise<void> {
    delete process.env.SHORTCUTS;
  }
}
