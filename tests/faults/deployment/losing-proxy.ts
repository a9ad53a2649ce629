/** A proxy before PostgreSQL or PgBouncer that loses answers: the statement is applied, and its connection breaks instead. */
import { createConnection, createServer, type Server, type Socket } from "node:net";
import type { Random } from "../../simulation/scheduler.ts";

/** Statements by what only their text has. Answers to others, which change nothing, are passed on. */
const STATEMENTS = {
  insert: /insert_runs_by_uuid|insert into workflow_runs/,
  claim: /claim_runs_by_message|claim_due_runs/,
  save: /save_progress|end_runs/,
  renew: /renew_lease/,
  "take events": /take_owed_events/,
  "sent events": /owed_events_sent/,
};

type Statement = keyof typeof STATEMENTS;

export class LosingProxy {
  /** Answers that were lost. */
  readonly lost = new Map<Statement, number>();
  /** The part of the answers that are lost from now on. */
  share = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #random: Random;

  constructor(port: number, upstreamPort: number, random: Random) {
    this.#random = random;
    this.#server = createServer((client) => this.#join(client, createConnection(upstreamPort, "127.0.0.1")));
    this.#server.listen(port, "127.0.0.1");
  }

  get lostCount(): number {
    return [...this.lost.values()].reduce((sum, count) => sum + count, 0);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(client: Socket, server: Socket): void {
    const breakOff = () => {
      for (const socket of [client, server]) {
        socket.destroy();
        this.#sockets.delete(socket);
      }
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", breakOff);
      socket.on("close", breakOff);
    }
    // A client's first message has no type, only a length.
    const asked = new Messages(true);
    const answered = new Messages(false);
    let statement: Statement | null = null;
    let losing = false;
    client.on("data", (bytes: Buffer) => {
      for (const { type, body } of asked.read(bytes)) if (type === "P") statement = statementOf(body);
      server.write(bytes);
    });
    server.on("data", (bytes: Buffer) => {
      for (const { type, body } of answered.read(bytes)) {
        if (type === "C" && statement !== null && this.#loses(body)) losing = true;
        // Ready for the next statement: what this one did is committed.
        if (type !== "Z" || !losing || statement === null) continue;
        this.lost.set(statement, (this.lost.get(statement) ?? 0) + 1);
        breakOff();
        return;
      }
      if (!losing) client.write(bytes);
    });
  }

  /** Given the tag of a statement's end, such as `UPDATE 5`. */
  #loses(tag: Buffer): boolean {
    return !tag.toString("latin1").endsWith(" 0\0") && this.#random.chance(this.share);
  }
}

function statementOf(parse: Buffer): Statement | null {
  const text = parse.toString("latin1");
  const names: Statement[] = ["insert", "claim", "save", "renew", "take events", "sent events"];
  return names.find((name) => STATEMENTS[name].test(text)) ?? null;
}

interface Message {
  type: string;
  body: Buffer;
}

/** PostgreSQL's messages of one direction: a letter, a length, and so many bytes less four. */
class Messages {
  #untyped: boolean;
  #rest: Buffer = Buffer.alloc(0);

  constructor(firstIsUntyped: boolean) {
    this.#untyped = firstIsUntyped;
  }

  /** The messages that are whole with these bytes. */
  read(bytes: Buffer): Message[] {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const whole: Message[] = [];
    for (;;) {
      const lengthAt = this.#untyped ? 0 : 1;
      if (this.#rest.length < lengthAt + 4) return whole;
      const end = lengthAt + this.#rest.readInt32BE(lengthAt);
      if (this.#rest.length < end) return whole;
      const type = this.#untyped ? "" : this.#rest.toString("latin1", 0, 1);
      whole.push({ type, body: this.#rest.subarray(lengthAt + 4, end) });
      this.#rest = this.#rest.subarray(end);
      this.#untyped = false;
    }
  }
}
