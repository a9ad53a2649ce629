import type { Json } from "../schemas/json.ts";
import type { CallOptions, Connection } from "./connection.ts";
import type { Fault } from "./errors.ts";
import { pagesOf } from "./pages.ts";

/** What an author writes: docs/language.md. */
export interface Definition {
  name: string;
  steps: Json[];
  [field: string]: Json;
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

  /** Makes a new version. @throws ApiError */
  replace(id: string, definition: Definition, options: CallOptions = {}): Promise<Json> {
    return this.#connection.json({
      ...{ method: "PUT", path: pathOf(id), body: definition, isRepeatable: false },
      ...options,
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

  list(options: CallOptions = {}): AsyncGenerator<StoredDefinition, void> {
    return pagesOf(this.#connection, "/workflows", {}, options);
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
