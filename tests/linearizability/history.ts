/** What clients asked and were told, for the checker: one operation a line. */
import type { Reply } from "../harness/http/reply.ts";

/** What is asked of a run or a workflow. */
export interface Asked {
  do: "trigger" | "read" | "signal" | "cancel" | "create" | "put";
  if_version?: number;
  content?: string;
}

/** What was answered; `code` 0 where no answer came. */
export interface Answer {
  code: number;
  status?: string;
  version?: number;
  content?: string;
}

/** An operation, with times in nanoseconds of one clock; `return` is absent where no answer came. */
export interface Operation {
  client: number;
  /** Such as `run:01900000-…`. */
  object: string;
  call: number;
  return?: number;
  input: Asked;
  output: Answer;
}

/** An answer that says nothing of whether the request took effect. */
export function isUnknown({ status }: Pick<Reply, "status">): boolean {
  return status >= 500 || status === 429;
}

/** The operations of all clients, in the order of their ends. */
export class History {
  readonly operations: Operation[] = [];
  readonly #start = Bun.nanoseconds();

  /** Nanoseconds since the history began. */
  now(): number {
    return Bun.nanoseconds() - this.#start;
  }

  add(operation: Operation): void {
    this.operations.push(operation);
  }

  toString(): string {
    return this.operations.map((one) => `${JSON.stringify(one)}\n`).join("");
  }
}
