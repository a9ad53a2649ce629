/** What starts an example that nobody starts by hand, and whether that is there already. */
import { ApiError } from "../../../client/errors.ts";
import { collect } from "../../data/collect.ts";
import { platform } from "../../data/platform.ts";
import type { Written } from "../schedules/form/written.ts";

export type Start = { by: "hook" } | { by: "schedule"; written: Pick<Written, "cron" | "payload"> };

const STARTS: Record<string, Start> = {
  daily_report: { by: "schedule", written: { cron: "0 6 * * *", payload: { day: "${schedule.time}" } } },
  inbound_hook: { by: "hook" },
};

/** Null of one that is started by a trigger. */
export function startOf(id: string): Start | null {
  return STARTS[id] ?? null;
}

export interface There {
  isWorkflow: boolean;
  /** The id of what starts it; null where nothing does. */
  start: string | null;
}

/** Of more schedules or hooks, those that are newer are not looked at. */
const LOOKED_AT = 1000;

/** What is there of an example and of what starts it. */
export async function thereOf(id: string): Promise<There> {
  const uuid = await uuidOf(id);
  const by = startOf(id)?.by;
  if (by === undefined) return { isWorkflow: uuid !== null, start: null };
  const starts = by === "schedule" ? platform.schedules.list() : platform.hooks.list();
  const found = (await collect<{ id: string; workflow_id: string }>(starts, LOOKED_AT)).items.find(
    (one) => one.workflow_id === id || one.workflow_id === uuid || one.id === id,
  );
  return { isWorkflow: uuid !== null, start: found?.id ?? null };
}

async function uuidOf(id: string): Promise<string | null> {
  try {
    return (await platform.workflows.get(id)).uuid;
  } catch (error) {
    if (error instanceof ApiError && error.code === "workflow_not_found") return null;
    throw error;
  }
}
