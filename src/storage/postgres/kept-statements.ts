import { BULK_STATEMENTS } from "./bulk/bulk.ts";
import { CHANGE_WORKFLOW } from "./changes.ts";
import { CHECKPOINTS } from "./checkpoints.ts";
import { NEXT_DUE } from "./claims/due-looks.ts";
import { CLAIM_STATEMENTS } from "./claims/statements.ts";
import { CONTROL_STATEMENTS } from "./control/index.ts";
import { FIND_VERSIONS, INSERT_WORKFLOWS } from "./definitions.ts";
import { ENDS } from "./ends.ts";
import { EVENT_STATEMENTS } from "./events.ts";
import { FIND_FACTS } from "./facts.ts";
import { FIND_AWAITED } from "./family/awaited.ts";
import { FIGURES } from "./figures.ts";
import { FIND_HISTORY } from "./history.ts";
import { HOOK_STATEMENTS } from "./hooks/hooks.ts";
import { FENCE_IDS, FIND_LATE_IDS } from "./ids.ts";
import { FIND_INBOX, PUT_SIGNALS } from "./inbox.ts";
import { INSERT_RETRY } from "./inserts/new-retries.ts";
import { INSERT_STATEMENTS } from "./inserts/new-runs.ts";
import { PARTITION_FUNCTIONS } from "./partitions/partitions.ts";
import { READ_FUNCTIONS } from "./reads.ts";
import { SCHEDULE_STATEMENTS } from "./schedules/schedules.ts";
import { FIND_UNCLAIMED } from "./unclaimed.ts";
import { HELD_BY, RENEW_LEASE } from "./workers.ts";

/** The statements that the database keeps: those that are executed for every run or its workflow. */
export const KEPT = [
  FENCE_IDS,
  FIND_LATE_IDS,
  INSERT_WORKFLOWS,
  CHANGE_WORKFLOW,
  FIND_VERSIONS,
  ...INSERT_STATEMENTS,
  FIND_FACTS,
  ...SCHEDULE_STATEMENTS,
  ...HOOK_STATEMENTS,
  FIND_UNCLAIMED,
  ...CLAIM_STATEMENTS,
  NEXT_DUE,
  FIGURES,
  RENEW_LEASE,
  HELD_BY,
  ...CONTROL_STATEMENTS,
  INSERT_RETRY,
  ...BULK_STATEMENTS,
  PUT_SIGNALS,
  FIND_INBOX,
  FIND_AWAITED,
  ...CHECKPOINTS,
  ...ENDS,
  FIND_HISTORY,
  ...READ_FUNCTIONS,
  ...EVENT_STATEMENTS,
  ...PARTITION_FUNCTIONS,
];
