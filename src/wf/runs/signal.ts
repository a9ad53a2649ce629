import type { Command } from "../command.ts";
import { EXIT } from "../exits.ts";
import { readJson } from "./payload.ts";

/** Sends a run a signal. */
export const signal: Command = {
  name: "signal",
  arguments: "RUN NAME [BODY]",
  summary: "Send a run a signal that it waits for",
  options: { key: { value: "KEY", about: "Idempotency-Key: with the same key it is sent once" } },
  examples: [
    `wf signal 01a2283a-e177-7000-8f72-3914e640ff29 approved '{"by": "ada"}'`,
    "wf signal 01a2283a-e177-7000-8f72-3914e640ff29 approved - < body.json",
  ],
  least: 2,
  most: 3,
  async run({ given, terminal, client }) {
    const body = given.all.length === 3 ? await readJson(given.at(2), "The body") : null;
    const key = given.text("key");
    const sent = await client.runs
      .handle(given.at(0))
      .signal(given.at(1), body, key === undefined ? {} : { idempotencyKey: key });
    if (terminal.isJson) terminal.json(sent);
    else terminal.print(`signal ${sent.signal_id}  ${sent.status}`);
    return EXIT.ok;
  },
};
