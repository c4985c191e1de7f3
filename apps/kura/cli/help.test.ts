// Whatever help prints as an example can be called: the command is there, and so is every option.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command } from 'commander';
import { COMMANDS } from '../commands/index.ts';
import { run, wholeCommand } from './test-host.ts';

interface Named {
  readonly words: readonly string[];
  readonly command: Command;
}

function within(command: Command, words: readonly string[]): readonly Named[] {
  return command.commands.flatMap((one) => {
    const named = { words: [...words, one.name()], command: one };
    return [named, ...within(one, named.words)];
  });
}

/** The longest beginning of a line that is a command. */
function calledBy(line: string, root: Command): { command: Command; rest: readonly string[] } {
  let command = root;
  let rest = line.split(/\s+/).slice(1);
  for (;;) {
    const next = command.commands.find((one) => one.name() === rest[0]);
    if (next === undefined) return { command, rest };
    command = next;
    rest = rest.slice(1);
  }
}

/** "kura …" as far as it is a command: what stands beside it after three blanks is for people. */
function examplesIn(help: string): readonly string[] {
  const [, text = ''] = help.split(/^Examples:\n/m);
  return Array.from(text.matchAll(/^ {2}(kura .*)$/gm), ([, line = '']) =>
    line.replace(/( {3,}|\||>).*$/, '').trimEnd(),
  );
}

describe('examples in the help', () => {
  it('name commands and options that there are', async () => {
    const root = await wholeCommand();
    const all = [...root.options];
    let count = 0;
    for (const { words } of within(root, [])) {
      const { out } = await run([...words, '--help']);
      for (const line of examplesIn(out)) {
        const { command, rest } = calledBy(line, root);
        assert.notEqual(command, root, line);
        const known = [...all, ...command.options].flatMap(({ long, short }) => [long, short]);
        for (const word of rest.filter((one) => /^--?[a-z]/.test(one))) {
          assert.ok(known.includes(word.split('=')[0]), `${line}: there is no ${word}`);
        }
        count += 1;
      }
    }
    assert.ok(count > COMMANDS.length);
  });

  it('are there for each command of an operator', async () => {
    const operator = within(await wholeCommand(), []).filter(
      ({ words, command }) => words[0] === 'operator' && command.name() !== 'help',
    );
    assert.ok(operator.length > 30);
    for (const { words } of operator) {
      const { out } = await run(['help', ...words]);
      assert.match(out, new RegExp(`^Usage: kura ${words.join(' ')}`));
      assert.notEqual(examplesIn(out).length, 0, words.join(' '));
    }
  });
});
