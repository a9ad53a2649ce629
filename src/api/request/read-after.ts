import type { Replica } from "../../storage/port/finding/replica.ts";
import { jsonReply } from "../routes/views.ts";

/** An answer to a write names its position with it, and who sends that back reads what was written. */
const HEADER = "x-read-after";
/** Positions are 16 digits; what is none is later than all, so that the primary is read. */
const POSITION = /^[0-9a-f]{16}$/;
const LATEST = "ffffffffffffffff";

/** For who can't keep what writes were answered with, and sees his own all the same: he reads the primary. */
export const READS_PRIMARY = { [HEADER]: LATEST };

export const READ_AFTER_PARAMETER = {
  name: HEADER,
  in: "header" as const,
  schema: { type: "string" as const },
  description: "That of the last write: the answer has what was written, also where a replica is read",
};

/** The positions of writes in requests and answers. Without a replica there are none. */
export class ReadAfter {
  readonly #replica: Pick<Replica, "position"> | null;

  constructor(replica: Pick<Replica, "position"> | null) {
    this.#replica = replica;
  }

  /** The position that a reader names; null where he names none. */
  of({ headers }: Request): string | null {
    const text = this.#replica === null ? null : headers.get(HEADER);
    return text === null || POSITION.test(text) ? text : LATEST;
  }

  /** The answer to a write that is over. */
  reply(text: string, status = 200): Response | Promise<Response> {
    const reply = jsonReply(text, status);
    return this.#replica === null ? reply : placed(reply, this.#replica);
  }
}

async function placed(reply: Response, replica: Pick<Replica, "position">): Promise<Response> {
  reply.headers.set(HEADER, await replica.position());
  return reply;
}
