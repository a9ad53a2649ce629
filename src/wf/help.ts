import { COMMON, type Command, type Option } from "./command.ts";
import { COMMANDS, GROUPS } from "./commands.ts";

/** What `wf --help` says. */
export function overviewText(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const groups = GROUPS.map(
    ({ title, commands }) =>
      `${title}\n${commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join("\n")}`,
  );
  return `Usage: wf COMMAND [ARGUMENTS]

${groups.join("\n\n")}

Every command
${optionLines(COMMON)}

Exit codes: 0 ok, 1 failed, 2 wrongly called, 3 no platform reached, 4 differs
\`wf COMMAND --help\` says more of one.`;
}

/** What `wf NAME --help` says. */
export function helpText({ name, arguments: taken, summary, options, examples }: Command): string {
  const own = Object.keys(options).length === 0 ? "" : `\nOptions\n${optionLines(options)}\n`;
  const shown = examples.length === 0 ? "" : `\nExamples\n${examples.map((line) => `  ${line}`).join("\n")}\n`;
  return `Usage: wf ${name}${taken === "" ? "" : ` ${taken}`} [OPTIONS]

${summary}.
${own}
Every command
${optionLines(COMMON)}
${shown}`.trimEnd();
}

function optionLines(options: Record<string, Option>): string {
  const rows = Object.entries(options).map(([name, { value, short, about }]) => ({
    left: `${short === undefined ? "    " : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`,
    about,
  }));
  const width = Math.max(...rows.map(({ left }) => left.length));
  return rows.map(({ left, about }) => `  ${left.padEnd(width)}  ${about}`).join("\n");
}
