import { COMMON, type Command } from "../command.ts";
import { EXIT, UsageError } from "../exits.ts";

/** Writes what a shell completes of the commands that there are. */
export const completionOf = (commands: () => readonly Command[]): Command => ({
  name: "completion",
  arguments: "bash|zsh|fish",
  summary: "Write the completion of a shell",
  options: {},
  examples: ["source <(wf completion bash)", "wf completion fish > ~/.config/fish/completions/wf.fish"],
  least: 1,
  most: 1,
  async run({ given, terminal }) {
    const write = SHELLS.get(given.at(0));
    if (write === undefined)
      throw new UsageError(`There is no completion for ${given.at(0)}; there is bash, zsh and fish`);
    terminal.print(write(commands()));
    return EXIT.ok;
  },
});

const SHELLS = new Map([
  ["bash", bash],
  ["zsh", zsh],
  ["fish", fish],
]);

function flagsOf({ options }: Command): string[] {
  return Object.keys({ ...options, ...COMMON }).map((name) => `--${name}`);
}

function bash(commands: readonly Command[]): string {
  const cases = commands.map((command) => `    ${command.name}) words="${flagsOf(command).join(" ")}" ;;`);
  return `_wf() {
  local words current="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(" ")} --help --version" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    *) COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -F _wf wf`;
}

function zsh(commands: readonly Command[]): string {
  const cases = commands.map(
    ({ name, options }) =>
      `    ${name}) _arguments ${Object.entries({ ...options, ...COMMON })
        .map(([option, { about, value }]) =>
          quoted(`--${option}[${about.replace(/[[\]:]/g, "\\$&")}]${value === undefined ? "" : `:${value}:`}`),
        )
        .join(" ")} '*:file:_files' ;;`,
  );
  return `#compdef wf
_wf() {
  local -a commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(":", "\\:")}`)}`).join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local name=$words[2]
  shift words
  (( CURRENT-- ))
  case $name in
${cases.join("\n")}
  esac
}
compdef _wf wf`;
}

function fish(commands: readonly Command[]): string {
  const names = commands.map(
    ({ name, summary }) => `complete -c wf -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
  );
  const options = commands.flatMap(({ name, options: own }) =>
    Object.entries({ ...own, ...COMMON }).map(
      ([option, { about, short, value }]) =>
        `complete -c wf -n '__fish_seen_subcommand_from ${name}' -l ${option}${short === undefined ? "" : ` -s ${short}`}${value === undefined ? "" : " -r"} -d ${quoted(about)}`,
    ),
  );
  return [...names, ...options].join("\n");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
