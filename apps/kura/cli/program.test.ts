import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KuraError } from '@kura/base';
import { COMMANDS } from '../commands/index.ts';
import { HISTORY } from '../commands/test-views.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { run, sampleSnapshot } from './test-host.ts';

const SNAPSHOTS = [sampleSnapshot({ id: 'aaaa1111' }), sampleSnapshot({ id: 'bbbb2222' })];

describe('the frame of the command', () => {
  it('prints help without opening anything', async () => {
    const { code, out, err, settings } = await run(['--help']);
    assert.equal(code, EXIT.done);
    assert.equal(err, '');
    assert.equal(settings, undefined);
    for (const { name, summary } of COMMANDS) {
      assert.ok(out.includes(name) && out.includes(summary), name);
    }
  });

  it('prints help to standard error, and fails, without a command', async () => {
    const { code, out, err } = await run([]);
    assert.equal(code, EXIT.usage);
    assert.equal(out, '');
    assert.match(err, /Usage: kura COMMAND/);
  });

  for (const { name } of COMMANDS) {
    it(`explains ${name}: every option has a text, and there is an example or a note`, async () => {
      const { code, out } = await run(['help', name]);
      assert.equal(code, EXIT.done);
      assert.match(out, new RegExp(`Usage: kura ${name}`));
      assert.match(out, /Global Options:/);
      assert.match(out, /Examples:|deleted/);
      const bare = out.split('\n').filter((line) => /^\s+-\S+( <\S+>)?\s*$/.test(line));
      assert.deepEqual(bare, []);
    });
  }

  it('gives help after an option as well', async () => {
    const { code, out } = await run(['backup', '--help']);
    assert.equal(code, EXIT.done);
    assert.match(out, /--exclude-caches/);
  });

  it('refuses what it does not know, says what was perhaps meant, and exits with 2', async () => {
    const unknown = await run(['snapshot']);
    assert.equal(unknown.code, EXIT.usage);
    assert.match(unknown.err, /^kura: unknown command 'snapshot'\n {6}Did you mean snapshots\?/);
    const option = await run(['backup', '--excluded', 'x']);
    assert.equal(option.code, EXIT.usage);
    assert.match(option.err, /See: kura help backup/);
    const missing = await run(['restore', 'latest']);
    assert.equal(missing.code, EXIT.usage);
    assert.match(missing.err, /--target/);
  });

  it('C12: help on what nobody knows is refused; a command that is not finished says so', async () => {
    const unknown = await run(['help', 'snapshot']);
    assert.equal(unknown.code, EXIT.usage);
    assert.match(unknown.err, /^kura: unknown command 'snapshot'\n/);
    const unfinished = await run(['key']);
    assert.equal(unfinished.code, EXIT.usage);
    assert.match(
      unfinished.err,
      /^kura: the command line ends before .*\n {6}See: kura help key\n$/,
    );
  });

  it('takes global options before and after the command', async () => {
    for (const argv of [
      ['--json', 'snapshots'],
      ['snapshots', '--json'],
    ]) {
      const { out } = await run(argv, { answers: { snapshots: SNAPSHOTS, history: HISTORY } });
      assert.equal(JSON.parse(out).length, 2);
    }
  });

  it('opens the services at the home of the option, the variable, or the standard', async () => {
    const scene = { answers: { snapshots: [], history: HISTORY } };
    const byOption = await run(['snapshots', '--kura-home', '/other'], scene);
    assert.equal(byOption.settings?.home, '/other');
    const byVariable = await run(['snapshots'], scene);
    assert.equal(byVariable.settings?.home, '/kura-home');
    const environment = { KURA_HOME: '', XDG_DATA_HOME: '/data' };
    const byStandard = await run(['snapshots'], { ...scene, environment });
    assert.equal(byStandard.settings?.home, '/data/kura');
  });

  it('closes the services, also after a failure', async () => {
    const failing = {
      snapshots: () => {
        throw new KuraError('wrong_passphrase', 'the passphrase is wrong', {
          guidance: 'Try again.',
        });
      },
    };
    const { code, err, calls } = await run(['snapshots'], { answers: failing });
    assert.equal(code, EXIT.wrongPassphrase);
    assert.equal(err, 'kura: the passphrase is wrong\n      Try again.\n');
    assert.deepEqual(
      calls.map(({ method }) => method),
      ['snapshots', 'close'],
    );
  });

  it('prints errors as one line of JSON with --json, also those of the command line', async () => {
    const answers = {
      snapshots: () => {
        throw new KuraError('no_space', 'the disk is full', { guidance: 'Free some space.' });
      },
    };
    const failed = await run(['snapshots', '--json'], { answers });
    assert.equal(failed.out, '');
    assert.deepEqual(JSON.parse(failed.err), {
      error: {
        code: 'no_space',
        message: 'the disk is full',
        guidance: 'Free some space.',
        exit_code: 14,
      },
    });
    const usage = await run(['backup', '--json', '--no-such-thing']);
    assert.equal(usage.err.trim().split('\n').length, 1);
    assert.equal(JSON.parse(usage.err).error.code, 'usage');
  });

  it('calls what nobody expected a defect of Kura', async () => {
    const answers = {
      snapshots: () => {
        throw new TypeError('x is undefined');
      },
    };
    const { code, err } = await run(['snapshots'], { answers });
    assert.equal(code, EXIT.failed);
    assert.match(err, /something unexpected happened: x is undefined\n.*defect of Kura/);
    const verbose = await run(['snapshots', '-v'], { answers });
    assert.match(verbose.err, /TypeError: x is undefined/);
  });

  it('asks for a passphrase only when the work wants it', async () => {
    const answers = { snapshots: SNAPSHOTS, history: HISTORY };
    const { questions, settings } = await run(['snapshots'], { answers, typed: ['secret'] });
    assert.deepEqual(questions, []);
    assert.equal(await settings?.secrets.passphrase(), 'secret');
  });
});
