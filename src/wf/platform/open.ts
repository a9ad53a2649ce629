import { ApiError } from "../../client/index.ts";
import { isUuid } from "../../ids.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exits.ts";

/** Opens the page. */
export const open: Command = {
  name: "open",
  arguments: "[RUN|ID]",
  summary: "Open the page, or a run or a workflow on it",
  options: {},
  examples: ["wf open", "wf open 01a2283a-e177-7000-8f72-3914e640ff29"],
  least: 0,
  most: 1,
  async run({ given, terminal, url, client, signal }) {
    const target = given.at(0);
    const page = `${url}/ui${target === "" ? "" : await pathOf(target)}`;
    if (terminal.isJson) terminal.json({ url: page });
    else terminal.print(page);
    // Where nobody looks the address is all that is wanted.
    if (terminal.isWatched && !terminal.isJson) start(page);
    return EXIT.ok;

    async function pathOf(id: string): Promise<string> {
      return `/${isUuid(id) && (await isRun(id)) ? "runs" : "workflows"}/${encodeURIComponent(id)}`;
    }

    async function isRun(id: string): Promise<boolean> {
      try {
        await client.runs.handle(id).outline({ signal });
        return true;
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return false;
        throw error;
      }
    }
  },
};

function start(page: string): void {
  const program = process.platform === "darwin" ? "open" : "xdg-open";
  try {
    Bun.spawn([program, page], { stdio: ["ignore", "ignore", "ignore"] }).unref();
  } catch {
    // There is no browser here: the address was printed.
  }
}
