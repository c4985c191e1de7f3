import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { COMMANDS } from '../commands/index.ts';
import { run } from './test-host.ts';

const scriptOf = async (shell: string): Promise<string> => (await run(['completion', shell])).out;

/** What bash would offer for the last of these words. */
function completed(script: string, words: readonly string[]): string[] {
  const list = words.map((word) => `'${word}'`).join(' ');
  const program = `${script}
COMP_WORDS=(${list}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _kura; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const text = execFileSync('bash', ['-c', program], { encoding: 'utf8' });
  return text.split('\n').filter((line) => line !== '');
}

describe('completion', () => {
  it('in bash offers commands, options, their choices and sub-commands', async () => {
    const script = await scriptOf('bash');
    assert.deepEqual(completed(script, ['kura', 'sn']), ['snapshots']);
    assert.equal(completed(script, ['kura', '']).length, COMMANDS.length + 1);
    assert.deepEqual(completed(script, ['kura', 'backup', '--exclude-c']), ['--exclude-caches']);
    assert.deepEqual(completed(script, ['kura', '--json', 'ls', '--lo']), ['--long']);
    assert.deepEqual(completed(script, ['kura', 'backup', '--kind', 'd']), ['differential']);
    assert.deepEqual(completed(script, ['kura', 'key', 'w']), ['words']);
    assert.deepEqual(completed(script, ['kura', 'completion', 'f']), ['fish']);
  });

  it('in bash leaves paths to the shell', async () => {
    const script = await scriptOf('bash');
    assert.match(script, /complete -o bashdefault -o default -F _kura kura/);
    assert.deepEqual(completed(script, ['kura', 'backup', '/et']), []);
    assert.deepEqual(completed(script, ['kura', 'backup', '--exclude-file', '-']), []);
  });

  it('in zsh and fish names every command and option', async () => {
    const zsh = await scriptOf('zsh');
    const fish = await scriptOf('fish');
    assert.match(zsh, /^#compdef kura\n/);
    for (const { name } of COMMANDS) {
      assert.ok(zsh.includes(`'${name}:`), name);
      assert.ok(fish.includes(`-a ${name} `), name);
    }
    assert.match(zsh, /--overwrite\[[^\]]+\]:value:\(always if-changed if-newer never\)/);
    assert.match(fish, /-l overwrite -xa 'always if-changed if-newer never'/);
    const closed = fish.replace(/'(?:\\.|[^'\\])*'/g, '');
    assert.ok(!closed.includes("'"), 'quotes are closed');
    const quoted = zsh.replace(/'[^']*'(?:\\''[^']*')*/g, '');
    assert.ok(!quoted.includes("'"), 'quotes are closed');
  });

  it('refuses another shell', async () => {
    const { code, err } = await run(['completion', 'tcsh']);
    assert.equal(code, 2);
    assert.match(err, /bash, zsh, fish/);
  });
});
