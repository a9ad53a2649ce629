import type { Hook, HookInput, HookToken } from "../schemas/hook.ts";
import type { CallOptions, Connection } from "./connection.ts";
import { pagesOf } from "./pages.ts";

/** Addresses for programs that tell of something: docs/hooks.md. */
export class Hooks {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Its address, which is told this once. It is not sent again where no answer came. @throws ApiError workflow_not_found */
  create(hook: HookInput, options: CallOptions = {}): Promise<HookToken> {
    return this.#connection.json({
      ...{ method: "POST", path: "/hooks", body: hook, isRepeatable: false },
      ...options,
    });
  }

  list(options: CallOptions = {}): AsyncGenerator<Hook, void> {
    return pagesOf(this.#connection, "/hooks", {}, options);
  }
}
