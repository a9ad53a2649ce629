import type { Config } from "../../src/config.ts";
import { parseAllowList } from "./guard/allow.ts";

/** What threads are told about webhooks; crosses threads as it is. */
export interface WebhookSettings {
  /** See parseAllowList. */
  allow: string;
}

/**
 * Reads the settings of webhooks once, at the start.
 *
 * @throws StartError with a sentence about the one that does not fit
 */
export function webhookSettings({ WEBHOOK_ALLOW: allow }: Config): WebhookSettings {
  parseAllowList(allow);
  return { allow };
}
