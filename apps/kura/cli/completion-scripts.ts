// Completion scripts for shells, made from the commands themselves, so that they can never name an option
// that is not there. They are static: pressing Tab starts no process and asks for no passphrase. Where a
// command takes paths, the shell completes them as it always does.
import type { Command, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

interface OptionEntry {
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionEntry[];
  readonly subcommands: readonly { readonly name: string; readonly summary: string }[];
  /** What its first argument may be, if that is a list. */
  readonly choices: readonly string[];
}

function optionEntry(option: Option): OptionEntry {
  return {
    names: [option.long, option.short].filter((name) => name !== undefined && name !== null),
    description: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
  };
}

function commandEntry(command: Command, globals: readonly OptionEntry[]): CommandEntry {
  const inherited = command.commands.flatMap(({ options }) => options.map(optionEntry));
  return {
    name: command.name(),
    summary: command.summary() || command.description(),
    options: [...command.options.map(optionEntry), ...inherited, ...globals],
    subcommands: command.commands.map((one) => ({ name: one.name(), summary: one.description() })),
    choices: command.registeredArguments[0]?.argChoices ?? [],
  };
}

function entriesOf(program: Command): CommandEntry[] {
  const globals = [
    ...program.options.filter(({ long }) => long !== '--version').map(optionEntry),
    { names: ['--help', '-h'], description: 'print help', takesValue: false, choices: [] },
  ];
  return program.commands.map((command) => commandEntry(command, globals));
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

/** Words after which a value comes: there the shell completes files, or the choices. */
function bashCase({ name, options, subcommands, choices }: CommandEntry): string {
  const words = unique(options.flatMap(({ names }) => names)).join(' ');
  const firsts = [...subcommands.map((one) => one.name), ...choices].join(' ');
  const withChoices = options
    .filter((option) => option.choices.length > 0)
    .map(
      (one) => `        ${one.names.join('|')}) _kura_words "${one.choices.join(' ')}"; return ;;`,
    );
  const withValue = unique(
    options
      .filter((option) => option.takesValue && option.choices.length === 0)
      .flatMap(({ names }) => names),
  );
  return [
    `    ${name})`,
    '      case $previous in',
    ...withChoices,
    ...(withValue.length === 0 ? [] : [`        ${withValue.join('|')}) return ;;`]),
    '      esac',
    `      if [[ $current == -* ]]; then _kura_words "${words}"; return; fi`,
    ...(firsts === ''
      ? []
      : [`      if [[ $previous == ${name} ]]; then _kura_words "${firsts}"; fi`]),
    '      ;;',
  ].join('\n');
}

function bashScript(entries: readonly CommandEntry[]): string {
  return `# Completion of kura for bash. In ~/.bashrc: source <(kura completion bash)
_kura_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }
_kura() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in ${entries.map(({ name }) => name).join('|')}) command=$word; break ;; esac
  done
  case $command in
    '') _kura_words "${['help', ...entries.map(({ name }) => name)].join(' ')}" ;;
${entries.map(bashCase).join('\n')}
  esac
}
complete -o bashdefault -o default -F _kura kura
`;
}

/** Inside single quotes; zsh's own marks as well. */
function zshText(text: string): string {
  return text.replace(/[[\]:\\]/g, '\\$&').replace(/'/g, "'\\''");
}

function zshOption({ names, description, takesValue, choices }: OptionEntry): string[] {
  const value = takesValue
    ? `:value:${choices.length > 0 ? `(${choices.join(' ')})` : '_files'}`
    : '';
  return names.map((name) => `'*${name}[${zshText(description)}]${value}'`);
}

function zshCase({ name, options, subcommands, choices }: CommandEntry): string {
  const firsts = [...subcommands.map((one) => one.name), ...choices];
  const rest = firsts.length > 0 ? `'1:what:(${firsts.join(' ')})'` : "'*:file:_files'";
  const lines = [...unique(options.flatMap(zshOption)), rest].map((line) => `        ${line}`);
  return `      ${name})\n      _arguments -s \\\n${lines.join(' \\\n')}\n      ;;`;
}

function zshScript(entries: readonly CommandEntry[]): string {
  const list = entries.map(({ name, summary }) => `    '${name}:${zshText(summary)}'`);
  return `#compdef kura
# Completion of kura for zsh. In ~/.zshrc, after compinit: source <(kura completion zsh)
_kura() {
  local -a commands=(
${list.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${entries.map(zshCase).join('\n')}
  esac
}
compdef _kura kura
`;
}

function fishText(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

function fishOption(command: string, option: OptionEntry): string {
  const flags = option.names.map((name) =>
    name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  const value = option.choices.length > 0 ? `-xa '${option.choices.join(' ')}'` : '-r';
  const condition = `__fish_seen_subcommand_from ${command}`;
  const parts = [`complete -c kura -n '${condition}'`, ...flags];
  if (option.takesValue) parts.push(value);
  return [...parts, `-d ${fishText(option.description)}`].join(' ');
}

function fishScript(entries: readonly CommandEntry[]): string {
  const lines = entries.flatMap(({ name, summary, options, subcommands, choices }) => {
    const firsts = [...subcommands.map((one) => one.name), ...choices];
    const seen = `__fish_seen_subcommand_from ${name}`;
    return [
      `complete -c kura -n __fish_use_subcommand -f -a ${name} -d ${fishText(summary)}`,
      ...(firsts.length > 0 ? [`complete -c kura -n '${seen}' -f -a '${firsts.join(' ')}'`] : []),
      ...options.map((option) => fishOption(name, option)),
    ];
  });
  return `# Completion of kura for fish: kura completion fish > ~/.config/fish/completions/kura.fish
${lines.join('\n')}
`;
}

const SCRIPTS: Readonly<Record<Shell, (entries: readonly CommandEntry[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** `program` has all commands with their options. */
export function completionScript(program: Command, shell: Shell): string {
  return SCRIPTS[shell](entriesOf(program));
}
