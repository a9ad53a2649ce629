import type { WorkflowSummary, WorkflowVersion } from "../language/definition/workflow.ts";
import type { Json } from "../schemas/json/json.ts";
import type { Run } from "../schemas/runs/run.ts";
import type { TestInput } from "../schemas/test-input.ts";
import type { CallOptions, Connection } from "./connection.ts";
import type { Fault } from "./errors.ts";
import { pagesOf } from "./pages.ts";

/** What an author writes: docs/language.md. */
export interface Definition {
  name: string;
  steps: Json[];
  [field: string]: Json;
}

/** Either a definition or the id of a stored one, with mocks for what it would call: docs/language.md. */
export type DefinitionTest = Omit<TestInput, "definition"> & { definition?: Definition };

/** A run in virtual time. */
export type TestedRun = Run & { virtual_seconds: number; unused_mocks: string[] };

export type Version = WorkflowVersion;

export interface ReplaceOptions extends CallOptions {
  create?: boolean;
  ifVersion?: number;
}

export interface Replaced {
  workflow_id: string;
  version: number;
  unchanged?: true;
  warnings?: Fault[];
}

export interface StepTypeInfo {
  type: string;
  /** `control` of those that hold steps. */
  kind: "pure" | "wait" | "effect" | "control";
  title: string;
  description: string;
  config: { [word: string]: Json; examples?: Json[] };
}

export interface StoredDefinition extends Definition {
  uuid: string;
  version: number;
  created_at: string;
  updated_at: string;
}

/** Definitions of workflows. */
export class Definitions {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Stores a definition; its warnings refuse nothing. It is not sent again where no answer came. @throws ApiError */
  create(definition: Definition, options: CallOptions = {}): Promise<{ workflow_id: string; warnings?: Fault[] }> {
    return this.#connection.json({
      ...{ method: "POST", path: "/workflows", body: definition, isRepeatable: false },
      ...options,
    });
  }

  /**
   * Makes a new version, unless the newest is the same already. With `create` the workflow is made where there is none with the id;
   * with `ifVersion` it is changed only while it is at that version.
   *
   * @throws ApiError version_conflict
   */
  replace(id: string, definition: Definition, options: ReplaceOptions = {}): Promise<Replaced> {
    const { create, ifVersion, signal } = options;
    return this.#connection.json({
      method: "PUT",
      path: pathOf(id),
      query: { create },
      body: definition,
      headers: ifVersion === undefined ? {} : { "if-match": `"${ifVersion}"` },
      isRepeatable: false,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  get(id: string, { version, ...options }: CallOptions & { version?: number } = {}): Promise<StoredDefinition> {
    return this.#connection.json({
      ...{ method: "GET", path: pathOf(id), query: { version }, isRepeatable: true },
      ...options,
    });
  }

  delete(id: string, options: CallOptions = {}): Promise<Json> {
    return this.#connection.json({ ...{ method: "DELETE", path: pathOf(id), isRepeatable: false }, ...options });
  }

  /** Takes a deletion back. */
  undelete(id: string, options: CallOptions = {}): Promise<{ workflow_id: string; version: number }> {
    return this.#connection.json({
      ...{ method: "POST", path: `${pathOf(id)}/undelete`, isRepeatable: true },
      ...options,
    });
  }

  /** Newest first. */
  versions(id: string, options: CallOptions = {}): AsyncGenerator<Version, void> {
    return pagesOf(this.#connection, `${pathOf(id)}/versions`, {}, options);
  }

  /** Newest first. */
  list(options: CallOptions = {}): AsyncGenerator<StoredDefinition, void> {
    return pagesOf(this.#connection, "/workflows", {}, options);
  }

  /** Newest first, without their steps. */
  summaries(options: CallOptions = {}): AsyncGenerator<WorkflowSummary, void> {
    return pagesOf(this.#connection, "/workflows", { view: "summary" }, options);
  }

  /** Runs a definition in virtual time; nothing is sent or stored. @throws ApiError with its faults */
  test(test: DefinitionTest, options: CallOptions = {}): Promise<TestedRun> {
    return this.#connection.json({
      ...{ method: "POST", path: "/workflows/test", body: test, isRepeatable: true },
      ...options,
    });
  }

  /** What every step type does, with the JSON Schema of its config. */
  async stepTypes(options: CallOptions = {}): Promise<StepTypeInfo[]> {
    const { items } = await this.#connection.json<{ items: StepTypeInfo[] }>({
      ...{ method: "GET", path: "/step-types", isRepeatable: true },
      ...options,
    });
    return items;
  }

  /** The JSON Schema (2020-12) of a definition. */
  schema(options: CallOptions = {}): Promise<Record<string, Json>> {
    return this.#connection.json({
      ...{ method: "GET", path: "/schema/workflow.json", isRepeatable: true },
      ...options,
    });
  }

  /** What an expression gives, as a definition would have it. @throws ApiError with its faults, or why it gives nothing */
  async evaluate(expression: string, context: Record<string, Json>, options: CallOptions = {}): Promise<Json> {
    const body = { expression, context };
    const { value } = await this.#connection.json<{ value: Json }>({
      ...{ method: "POST", path: "/expressions/evaluate", body, isRepeatable: true },
      ...options,
    });
    return value;
  }

  /** Checks a definition and stores nothing. @throws ApiError with its faults */
  validate(definition: Definition, options: CallOptions = {}): Promise<{ valid: true; warnings: Fault[] }> {
    return this.#connection.json({
      ...{ method: "POST", path: "/workflows/validate", body: definition, isRepeatable: true },
      ...options,
    });
  }
}

function pathOf(id: string): string {
  return `/workflows/${encodeURIComponent(id)}`;
}
