// Goal: an invitation, which lets in whoever has it first, comes from where nobody else sees it (mission A14).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type ErrorCode, KuraError } from '@kura/base';
import { invitationFrom } from './invitation.ts';

const WORD = 'kura-invite:kura.example.org:7443#AAAA';

describe('A14: an invitation', () => {
  let folder: string;
  let warnings: string[];
  let questions: string[];

  const host = ({ answer, input = '' }: { answer?: string; input?: string } = {}) => ({
    stdin: async function* () {
      yield Buffer.from(input.slice(0, 5));
      yield Buffer.from(input.slice(5));
    },
    terminal: {
      askSecret: async (question: string) => {
        questions.push(question);
        return answer;
      },
    },
    output: { warning: (message: string) => void warnings.push(message) },
  });
  const fileOf = (text: string): string => {
    const file = path.join(folder, 'invitation');
    fs.writeFileSync(file, text);
    return file;
  };
  const fails = (code: ErrorCode, message: RegExp) => (error: unknown) =>
    error instanceof KuraError && error.code === code && message.test(error.message);

  beforeEach(() => {
    [warnings, questions] = [[], []];
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kura-invitation-'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it('is read from a file, whatever else a command has printed into it', async () => {
    const invitationFile = fileOf(`The network is founded.\n${WORD}\r\nand so on\n`);
    assert.equal(await invitationFrom(undefined, { invitationFile }, host()), WORD);
    assert.deepEqual([warnings, questions], [[], []]);
  });

  it('is read from standard input', async () => {
    const input = `${WORD}\n`;
    assert.equal(await invitationFrom(undefined, { invitationFile: '-' }, host({ input })), WORD);
    assert.deepEqual([warnings, questions], [[], []]);
  });

  it('is asked for, and not shown, if nothing is given', async () => {
    assert.equal(await invitationFrom(undefined, {}, host({ answer: ` ${WORD} ` })), WORD);
    assert.deepEqual([warnings, questions], [[], ['Invitation: ']]);
  });

  it('among the arguments it is taken, and said to be seen', async () => {
    assert.equal(await invitationFrom(WORD, {}, host()), WORD);
    assert.match(warnings.join(), /every user of this machine can read/);
  });

  it('is missed in one sentence', async () => {
    const ends = async (
      [argument, invitationFile]: readonly [string | undefined, string | undefined],
      [code, message]: readonly [ErrorCode, RegExp],
    ): Promise<void> => {
      const options = invitationFile === undefined ? {} : { invitationFile };
      await assert.rejects(invitationFrom(argument, options, host()), fails(code, message));
    };
    await ends([undefined, undefined], ['usage', /no invitation, and no terminal/]);
    await ends([undefined, '-'], ['usage', /no invitation in standard input/]);
    await ends([undefined, fileOf('nothing\n')], ['usage', /no invitation in the file/]);
    await ends([undefined, fileOf('x'.repeat(20_000))], ['too_large', /too large/]);
    await ends([WORD, fileOf(WORD)], ['usage', /and a file with one/]);
  });
});
