import {
  BackfillInput,
  BackfillTicks,
  BackfillUnderWay,
  Schedule,
  ScheduleInput,
  SkippedTick,
} from "../../schemas/schedule.ts";
import { SCHEDULE_EXAMPLE } from "./examples.ts";

/** The schemas of schedules in the document, under their titles. */
export const SCHEDULE_SCHEMAS = {
  ScheduleInput: { ...ScheduleInput, examples: [SCHEDULE_EXAMPLE] },
  Schedule,
  SkippedTick,
  BackfillInput,
  BackfillTicks,
  BackfillUnderWay,
};
