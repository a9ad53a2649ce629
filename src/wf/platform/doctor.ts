import { ApiError, Client, ConnectionError } from "../../client/index.ts";
import type { Call, Command } from "../command.ts";
import { EXIT } from "../exits.ts";
import type { Color } from "../terminal.ts";
import { CHECKS, type Finding } from "./checks.ts";

const SIGNS: Record<Finding["state"], [sign: string, color: Color]> = {
  ok: ["✔", "green"],
  warning: ["!", "yellow"],
  wrong: ["✖", "red"],
};

/** Says what is wrong with an installation. */
export const doctor: Command = {
  name: "doctor",
  arguments: "",
  summary: "Find what is wrong with an installation, and say what to do",
  options: {},
  examples: ["wf doctor --url https://flows.example"],
  least: 0,
  most: 0,
  async run({ terminal, url, signal }: Call) {
    // What fails now is what is asked for, not whether it goes well a while later.
    const client = new Client({ url, retries: 0 });
    const findings: Finding[] = [];
    for (const check of CHECKS) {
      const found = await check({ client, url, signal }).catch((error: unknown): Finding[] => {
        if (signal.aborted || !(error instanceof ApiError || error instanceof ConnectionError)) throw error;
        // Why is found by then, mostly, and has to be told, also to a program that reads JSON.
        return [{ state: "wrong", about: `The rest can't be looked at: ${error.message}`, isRest: true }];
      });
      findings.push(...found);
      for (const finding of terminal.isJson ? [] : found) {
        const [sign, color] = SIGNS[finding.state];
        terminal.print(
          `${terminal.colored(color, sign)} ${finding.about}${finding.advice === undefined ? "" : `\n  ${finding.advice}`}`,
        );
      }
      // Behind an address that nobody answers at there is nothing to ask.
      if (found.some(({ isLast, isRest }) => isLast || isRest)) break;
    }
    const wrong = findings.filter(({ state }) => state === "wrong");
    if (terminal.isJson) terminal.json(findings.map(({ isLast: _, isRest: __, ...finding }) => finding));
    if (wrong.some(({ isLast }) => isLast)) return EXIT.unreachable;
    return wrong.length === 0 ? EXIT.ok : EXIT.failed;
  },
};
