/**
 * Completion: a script that completes verbs, flags and the values that a flag may have, made from the program
 * itself, so that it cannot tell of other ones. It starts no process: a Tab must not wait.
 */
import type { Command } from "commander";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** What may follow a command, by its path: `""`, `/gpu`, `/gpu/stats`. */
type Words = ReadonlyMap<string, readonly string[]>;

interface Grammar {
  readonly words: Words;
  /** The values that a flag takes, where they are a list. */
  readonly choices: Words;
}

/** The script for `eval` or the shell's own directory of completions. */
export function completionScript(program: Command, shell: Shell): string {
  const grammar = grammarOf(program);
  switch (shell) {
    case "bash":
      return bashScript(grammar);
    case "zsh":
      return `autoload -U +X bashcompinit && bashcompinit\n${bashScript(grammar)}`;
    case "fish":
      return fishScript(grammar);
  }
}

function grammarOf(program: Command): Grammar {
  const words = new Map<string, readonly string[]>();
  const choices = new Map<string, readonly string[]>();
  const common = flagsOf(program);
  const visit = (command: Command, path: string): void => {
    const verbs = command.commands.map((each) => each.name());
    words.set(path, [...verbs, ...argumentsOf(command), ...flagsOf(command), ...common]);
    for (const { long, argChoices } of command.options)
      if (long != null && argChoices !== undefined) choices.set(long, argChoices);
    for (const each of command.commands) visit(each, `${path}/${each.name()}`);
  };
  visit(program, "");
  return { words: new Map([...words].map(([path, all]) => [path, [...new Set(all)]])), choices };
}

/** What the first argument may be, where that is a list. */
function argumentsOf({ registeredArguments }: Command): readonly string[] {
  return registeredArguments[0]?.argChoices ?? [];
}

function flagsOf({ options }: Command): readonly string[] {
  return [...options.flatMap(({ long, hidden }) => (long == null || hidden ? [] : [long])), "--help"];
}

function bashScript({ words, choices }: Grammar): string {
  const paths = [...words.keys()].filter((path) => path !== "");
  const cases = (all: Words, indent: string): string =>
    [...all].map(([key, list]) => `${indent}"${key}") words="${list.join(" ")}" ;;`).join("\n");
  return `_spiral() {
  local path= word words=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path/$word" in
      ${paths.join("|")}) path=$path/$word ;;
    esac
  done
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
${cases(choices, "    ")}
    *)
      case "$path" in
${cases(words, "        ")}
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _spiral spiral
`;
}

function fishScript({ words, choices }: Grammar): string {
  const paths = [...words.keys()].filter((path) => path !== "");
  const cases = (all: Words): string =>
    [...all].map(([key, list]) => `    case '${key}'\n      printf '%s\\n' ${list.join(" ")}`).join("\n");
  return `function _spiral_words
  set -l path
  set -l given (commandline -opc)
  for word in $given[2..]
    switch "$path/$word"
    case ${paths.join(" ")}
      set path "$path/$word"
    end
  end
  switch $given[-1]
${cases(choices)}
    case '*'
      switch "$path"
${cases(words)}
      end
  end
end
complete -c spiral -a '(_spiral_words)'
`;
}
