// `kura completion`: the script that makes a shell complete commands and options.
import { Argument, type Command } from 'commander';
import { completionScript, SHELLS, type Shell } from '../cli/completion-scripts.ts';
import type { CommandContext } from './types.ts';

const HELP = `
Examples:
  source <(kura completion bash)
  source <(kura completion zsh)
  kura completion fish > ~/.config/fish/completions/kura.fish
`;

export function register(command: Command, context: CommandContext): void {
  command
    .description('Prints the completion script of a shell.')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText('after', HELP)
    .action(async (shell: Shell) => {
      const script = completionScript(await context.wholeProgram(), shell);
      context.output.lines(script.trimEnd().split('\n'));
      context.output.record({ shell, script });
    });
}
