import type { RunFilter } from "../../client/index.ts";
import { RUN_STATUSES, type RunStatus } from "../../schemas/runs/run.ts";
import type { RunSummary } from "../../schemas/runs/run-summary.ts";
import type { Arguments, Command, Option } from "../command.ts";
import { EXIT, UsageError } from "../exits.ts";
import { ageText, type Color, shown, timeText, tookText } from "../terminal.ts";

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
export const STATUS_COLORS: Record<RunStatus, Color> = {
  pending: "dim",
  running: "blue",
  success: "green",
  failed: "red",
  paused: "yellow",
  cancelled: "dim",
};

/** Options that say which runs. */
export const FILTERS: Record<string, Option> = {
  status: {
    value: "STATUS",
    short: "s",
    isRepeatable: true,
    about: `one of ${RUN_STATUSES.join(", ")}; may be repeated`,
  },
  workflow: { value: "ID", short: "w", about: "of this workflow" },
  tag: { value: "TAG", about: "that have this tag" },
  since: { value: "TIME", about: "made since: 30m, 2h, 7d, or a time of ISO 8601 with its offset" },
  until: { value: "TIME", about: "made before that; likewise" },
  error: { value: "TEXT", about: "whose error has this text" },
  parent: { value: "RUN", about: "that steps of this run started" },
  root: { value: "RUN", about: "that came of this run at any depth" },
  "retry-of": { value: "RUN", about: "that try this run again" },
};

/** Lists runs. */
export const runs: Command = {
  name: "runs",
  arguments: "",
  summary: "List runs, newest first",
  options: {
    ...FILTERS,
    version: { value: "N", about: "of this version of the workflow" },
    limit: { value: "N", short: "n", about: "how many at most; 20" },
  },
  examples: ["wf runs --status failed --since 1h", "wf runs -w hello -n 5", "wf runs --json | jq -r '.[].uuid'"],
  least: 0,
  most: 0,
  async run({ given, terminal, client, signal }) {
    const limit = given.number("limit", 1) ?? 20;
    const found: RunSummary[] = [];
    const version = given.number("version", 1);
    const filter = { ...filterOf(given), ...(version !== undefined && { version }) };
    for await (const one of client.runs.summaries(filter, { signal })) {
      found.push(one);
      if (found.length === limit) break;
    }
    if (terminal.isJson) {
      terminal.json(found);
    } else if (found.length === 0) {
      terminal.note("No run fits");
    } else {
      terminal.table(
        ["RUN", "STATUS", "WORKFLOW", "V", terminal.isWatched ? "AGE" : "CREATED", "TOOK", "STEP", "ERROR"],
        found.map((one) => [
          one.uuid,
          one.status,
          shown(one.workflow.id ?? one.workflow.name ?? one.workflow.uuid),
          String(one.workflow_version),
          terminal.isWatched ? ageText(one.created_at) : timeText(one.created_at),
          tookText(one),
          shown(stepText(one)),
          shown(one.error ?? ""),
        ]),
        (row, column) => (column === 1 ? STATUS_COLORS[found[row]?.status ?? "pending"] : null),
      );
    }
    return EXIT.ok;
  },
};

/** How many of the steps at the top are over, and the one that the run is at. */
function stepText({ steps, current }: RunSummary): string {
  if (steps === undefined) return "";
  return `${steps.ended}/${steps.total}${current === undefined ? "" : ` ${current.name}`}`;
}

/** @throws UsageError */
export function filterOf(given: Arguments): RunFilter {
  const statuses = given
    .texts("status")
    .flatMap((text) => text.split(","))
    .map(statusOf);
  const [workflow, tag, error] = ["workflow", "tag", "error"].map((name) => given.text(name));
  const [parentRunId, rootRunId, retryOf] = ["parent", "root", "retry-of"].map((name) => given.text(name));
  const [since, until] = ["since", "until"].map((name) => given.text(name));
  return {
    ...(statuses.length === 0 ? {} : { status: statuses }),
    ...(workflow === undefined ? {} : { workflow }),
    ...(tag === undefined ? {} : { tag }),
    ...(error === undefined ? {} : { error }),
    ...(parentRunId === undefined ? {} : { parentRunId }),
    ...(rootRunId === undefined ? {} : { rootRunId }),
    ...(retryOf === undefined ? {} : { retryOf }),
    ...(since === undefined ? {} : { createdFrom: timeOf("since", since) }),
    ...(until === undefined ? {} : { createdTo: timeOf("until", until) }),
  };
}

function statusOf(text: string): RunStatus {
  const status = RUN_STATUSES.find((one) => one === text);
  if (status !== undefined) return status;
  throw new UsageError(`There is no status ${JSON.stringify(text)}; there are ${RUN_STATUSES.join(", ")}`);
}

function timeOf(option: string, text: string): string {
  const [, number = "", unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const seconds = Object.entries(UNITS).find(([name]) => name === unit)?.[1];
  if (seconds !== undefined) return new Date(Date.now() - Number(number) * seconds * 1000).toISOString();
  if (/^\d{4}-\d\d-\d\dT.+(Z|[+-]\d\d:\d\d)$/.test(text)) return text;
  throw new UsageError(`--${option} takes 30m, 2h, 7d, or a time with its offset such as 2026-11-29T10:00:00Z`);
}
