import type { Logger } from "pino";
import type { Clock } from "../../src/clock.ts";
import { messageOf } from "../../src/errors.ts";
import { bytesOfText, lru } from "../../src/lru.ts";
import { nameOfVersion } from "../../src/schemas/runs/run.ts";
import type { NewRun, ProgressBeforeInsert, Unnamed, VersionKey } from "../../src/storage/port.ts";
import type { Definitions } from "../definitions/definitions.ts";
import { mayRunUnheld, type Reaches } from "../definitions/reach.ts";
import type { PureExecution, PureRun } from "./pure.ts";

const MAX_BYTES = 16 * 1024 * 1024;
/** A trigger waits no longer for it than this: what is late is stored as claimed, and executed again. */
const LIMIT_MILLISECONDS = 50;

export interface RunBeforeInsertOptions {
  clock: Clock;
  log: Logger;
}

/** A workflow of pure steps alone. */
interface PureWorkflow {
  key: VersionKey;
  definition: string;
  /** JSON text. */
  text: string;
}

/** What the last trigger by a reference found. */
interface KnownWorkflow {
  key: VersionKey;
  /** Its definition was read, or is being read. */
  isRead: boolean;
  /** Null where that has other steps, or is not known yet. */
  pure: PureWorkflow | null;
}

/**
 * Executes runs before they are stored, where all their steps are pure: such a run is one row, written once, in place of a
 * row that is claimed and another write for its end. Whether the workflow still has the version that was executed is for
 * the insert to say.
 */
export class RunBeforeInsert {
  readonly #options: RunBeforeInsertOptions;
  readonly #definitions: Definitions;
  readonly #pure: PureExecution;
  readonly #reaches: Reaches;
  /** By the namespace and the reference that triggers use. */
  readonly #workflows = lru<KnownWorkflow>({
    maxBytes: MAX_BYTES,
    bytesOf: ({ pure }) => bytesOfText(pure?.text ?? ""),
  });

  constructor(options: RunBeforeInsertOptions, definitions: Definitions, pure: PureExecution, reaches: Reaches) {
    this.#options = options;
    this.#definitions = definitions;
    this.#pure = pure;
    this.#reaches = reaches;
  }

  /** How far each run comes; null for those that have to go the usual way, or at once where all of them have to. */
  execute(runs: Unnamed<NewRun>[]): Promise<(ProgressBeforeInsert | null)[]> | null {
    const workflows = this.#workflowsOf(runs);
    return workflows.every((workflow) => workflow === null) ? null : this.#execute(runs, workflows);
  }

  /**
   * A trigger by this reference found this version. The second that does has its definition read: many workflows are triggered
   * once, and the run of the first has brought the definition to memory meanwhile.
   */
  learn(reference: string, key: VersionKey): void {
    const trigger = nameOf(key.namespace, reference);
    const known = this.#workflows.get(trigger);
    // Until the definition is read nothing is executed by an old one.
    if (known?.key.workflowUuid !== key.workflowUuid || known.key.version !== key.version) {
      this.#workflows.set(trigger, { key, isRead: false, pure: null });
      return;
    }
    if (known.isRead) return;
    this.#workflows.set(trigger, { key, isRead: true, pure: null });
    const name = nameOfVersion(key);
    this.#definitions.load([key]).then(
      (found) => {
        const text = found.get(name);
        const reach = text === undefined ? null : this.#reaches.of(name, text);
        if (text !== undefined && reach?.first === "end" && mayRunUnheld(reach)) {
          this.#workflows.set(trigger, { key, isRead: true, pure: { key, definition: name, text } });
        }
      },
      (error: unknown) => {
        this.#workflows.delete(trigger);
        this.#options.log.debug({ error: messageOf(error) }, "definition not read; its runs go the usual way");
      },
    );
  }

  /** Null for a run that may not be executed so. */
  #workflowsOf(runs: Unnamed<NewRun>[]): (PureWorkflow | null)[] {
    // Most runs of a batch are of the same workflow as the one before.
    let last: Pick<NewRun, "namespace" | "workflow"> = { namespace: "", workflow: "" };
    let found: PureWorkflow | null = null;
    return runs.map((run) => {
      if (run.mayEndBefore !== true) return null;
      if (run.workflow !== last.workflow || run.namespace !== last.namespace) {
        last = run;
        found = this.#workflowOf(run);
      }
      return found;
    });
  }

  #workflowOf({ namespace, workflow: reference }: Unnamed<NewRun>): PureWorkflow | null {
    const workflow = this.#workflows.get(nameOf(namespace, reference))?.pure ?? null;
    return workflow !== null && this.#pure.isFit(workflow.definition) ? workflow : null;
  }

  async #execute(
    runs: Unnamed<NewRun>[],
    workflows: (PureWorkflow | null)[],
  ): Promise<(ProgressBeforeInsert | null)[]> {
    const startedAt = this.#options.clock.now();
    const handed = runs.flatMap(({ payload }, index): PureRun[] => {
      const workflow = workflows[index];
      // It gets its uuid when it is stored. What is pure can't ask for it.
      return workflow ? [{ uuid: "", payload, definition: workflow.definition, text: workflow.text }] : [];
    });
    const results = (await this.#pure.execute(handed, LIMIT_MILLISECONDS)).values();
    return workflows.map((workflow) => {
      const advanced = workflow === null ? null : results.next().value;
      // What has a history of its own is stored with it, the usual way.
      if (workflow === null || advanced?.next.kind !== "end" || advanced.entries !== "[]") return null;
      return { told: workflow.key, startedAt, next: advanced.next };
    });
  }
}

/** No two have one name: neither has a NUL. */
function nameOf(namespace: string, reference: string): string {
  return `${namespace}\0${reference}`;
}
