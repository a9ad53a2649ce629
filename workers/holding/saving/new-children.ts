import type { RequestFault } from "../../../src/errors.ts";
import { type Asked, prepared } from "../../../src/language/preparation/preparation.ts";
import { Preparations } from "../../../src/language/preparation/preparations.ts";
import { shownFaults } from "../../../src/schemas/json/shown-faults.ts";
import { type ChildOfStep, ON_FAILURE } from "../../../src/schemas/runs/child.ts";
import { nameOfVersion } from "../../../src/schemas/runs/run.ts";
import type { MadeBy, NewChild, Progress, VersionKey } from "../../../src/storage/port.ts";
import type { Definitions } from "../../definitions/definitions.ts";

/** Faults that the step is told of. */
const MAX_FAULTS = 20;

/** Makes runs that others start by the options of their workflows, before they are stored, as triggered ones are made. */
export class NewChildren {
  readonly #preparations: Preparations;

  constructor(definitions: Pick<Definitions, "load">) {
    this.#preparations = new Preparations(
      async (key) => (await definitions.load([key])).get(nameOfVersion(key)) ?? null,
    );
  }

  /**
   * Progress with its children made by the versions that the storage told for them, or else by those that they probably are of.
   *
   * @param told the versions by the paths of the children
   * @throws what the storage throws
   */
  async made(progress: Progress, told: ReadonlyMap<string, VersionKey>): Promise<Progress> {
    const { namespace, children } = progress;
    if (children === undefined) return progress;
    return { ...progress, children: await Promise.all(children.map((child) => this.#made(namespace, child, told))) };
  }

  /** The storage says that these children have to be made by these versions. */
  learn({ namespace, children = [] }: Progress, madeBy: readonly MadeBy[], told: Map<string, VersionKey>): void {
    for (const { path, workflowUuid, version } of madeBy) {
      const child = children.find((one) => one.path === path);
      if (child === undefined) continue;
      const key = { namespace, workflowUuid, version };
      told.set(path, key);
      this.#preparations.learn(referenceOf(child), key);
    }
  }

  async #made(namespace: string, child: NewChild, told: ReadonlyMap<string, VersionKey>): Promise<NewChild> {
    const surely = told.get(child.path);
    const key = surely ?? this.#preparations.likelyVersion(namespace, referenceOf(child));
    if (key === undefined) return child;
    const payload: Asked["payload"] = JSON.parse(child.payload);
    const made = prepared(await this.#preparations.of(key), key, { payload }, []);
    if ("faults" in made) return surely === undefined ? child : refusedBy(child, surely, made.faults);
    const { turn } = made;
    // A run that is started by a failure is never refused for those that are under way, and cancels none.
    const isAlways = child.path === ON_FAILURE && turn !== undefined;
    return { ...child, ...made, ...(isAlways && { turn: { ...turn, onLimit: "queue" } }) };
  }
}

/** What the probable version of a child is known by: a workflow by what its step calls it, with the version where it says one. */
function referenceOf({ workflow, version }: ChildOfStep): string {
  return version === null ? workflow : `${workflow}\0${version}`;
}

function refusedBy(child: NewChild, { workflowUuid, version }: VersionKey, faults: RequestFault[]): NewChild {
  return { ...child, preparedFor: { workflowUuid, version }, faults: shownFaults(faults.slice(0, MAX_FAULTS)) };
}
