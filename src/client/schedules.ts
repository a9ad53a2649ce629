import type { BackfillInput, BackfillTicks, Schedule, ScheduleInput } from "../schemas/schedule.ts";
import type { CallOptions, Connection } from "./connection.ts";
import { pagesOf } from "./pages.ts";
import { RunHandle } from "./run-handle.ts";

/** What starts runs at times: docs/schedules.md. */
export class Schedules {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** It is not sent again where no answer came. @throws ApiError schedule_exists */
  create(schedule: ScheduleInput, options: CallOptions = {}): Promise<Schedule> {
    return this.#connection.json({
      ...{ method: "POST", path: "/schedules", body: schedule, isRepeatable: false },
      ...options,
    });
  }

  /** The first five times at which a schedule would fire. Nothing is stored. */
  async preview(schedule: ScheduleInput, options: CallOptions = {}): Promise<string[]> {
    const { next_runs } = await this.#connection.json<{ next_runs: string[] }>({
      ...{ method: "POST", path: "/schedules/preview", body: schedule, isRepeatable: true },
      ...options,
    });
    return next_runs;
  }

  get(id: string, options: CallOptions = {}): Promise<Schedule> {
    return this.#connection.json({ ...{ method: "GET", path: pathOf(id), isRepeatable: true }, ...options });
  }

  /** All of it is replaced; a backfill under way is given up. */
  replace(id: string, schedule: ScheduleInput, options: CallOptions = {}): Promise<Schedule> {
    return this.#connection.json({
      ...{ method: "PUT", path: pathOf(id), body: schedule, isRepeatable: true },
      ...options,
    });
  }

  async delete(id: string, options: CallOptions = {}): Promise<void> {
    await this.#connection.json({ ...{ method: "DELETE", path: pathOf(id), isRepeatable: false }, ...options });
  }

  list(options: CallOptions = {}): AsyncGenerator<Schedule, void> {
    return pagesOf(this.#connection, "/schedules", {}, options);
  }

  /** Starts a run now. It is not sent again where no answer came. */
  async run(id: string, options: CallOptions = {}): Promise<RunHandle> {
    const { run_id } = await this.#connection.json<{ run_id: string }>({
      ...{ method: "POST", path: `${pathOf(id)}/run`, isRepeatable: false },
      ...options,
    });
    return new RunHandle(this.#connection, run_id);
  }

  /** Fires the ticks of a time that is past, or with `dry_run` counts them. It is not sent again where no answer came. */
  backfill(id: string, stretch: BackfillInput, options: CallOptions = {}): Promise<BackfillTicks> {
    return this.#connection.json({
      ...{ method: "POST", path: `${pathOf(id)}/backfill`, body: stretch, isRepeatable: stretch.dry_run === true },
      ...options,
    });
  }
}

function pathOf(id: string): string {
  return `/schedules/${encodeURIComponent(id)}`;
}
