/** Every command, as they are listed. */
import type { Command } from "./command.ts";
import { apply } from "./definitions/apply.ts";
import { diff } from "./definitions/diff.ts";
import { exportDefinitions } from "./definitions/export.ts";
import { init } from "./definitions/init.ts";
import { test } from "./definitions/test.ts";
import { types } from "./definitions/types.ts";
import { validate } from "./definitions/validate.ts";
import { completionOf } from "./platform/completion.ts";
import { dev } from "./platform/dev.ts";
import { doctor } from "./platform/doctor.ts";
import { open } from "./platform/open.ts";
import { cancel, pause, resume } from "./runs/control.ts";
import { logs } from "./runs/logs.ts";
import { retry } from "./runs/retry.ts";
import { run } from "./runs/run.ts";
import { runs } from "./runs/runs.ts";
import { show } from "./runs/show.ts";
import { signal } from "./runs/signal.ts";

export const GROUPS: readonly { title: string; commands: readonly Command[] }[] = [
  { title: "Begin", commands: [init, dev, open, doctor] },
  { title: "Runs", commands: [run, runs, show, logs, cancel, pause, resume, retry, signal] },
  { title: "Definitions", commands: [validate, test, diff, apply, exportDefinitions, types] },
  { title: "Shell", commands: [completionOf(() => COMMANDS)] },
];

export const COMMANDS: readonly Command[] = GROUPS.flatMap(({ commands }) => commands);
