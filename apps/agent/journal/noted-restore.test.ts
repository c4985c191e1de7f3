import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { byteString, KuraError, type SessionId, sessionId, snapshotId } from '@kura/base';
import type { SessionKind, SessionOutcome } from '@kura/contract';
import { deriveMemberKeys, MAX_LINE_TEXT_BYTES, newRoot } from '@kura/member-seal';
import { ManualClock, SeededRandom } from '@kura/testing';
import { type NotingPorts, notedRestore } from './noted-restore.ts';
import { restoreSubject, shortened } from './restore-subject.ts';
import { readSubject } from './subject.ts';

const random = new SeededRandom(12);
const keys = deriveMemberKeys(newRoot(random));
const SESSION = sessionId('5'.repeat(32));
const ABOUT = {
  ...{ hostname: 'laptop', snapshot: snapshotId('ab'.repeat(32)), path: byteString('/home/ann') },
  ...{ isSelection: true, target: byteString('/tmp/back'), isDryRun: false },
};
const SUBJECT = restoreSubject(ABOUT);
const BROUGHT = { entries: 3, bytes: 2048, problems: 1 };

type Tables = NotingPorts['coordinator'];

/** What was asked of the journal, in its order. */
let asked: unknown[];
let warnings: string[];
let clock: ManualClock;

const read = (line: Uint8Array) => readSubject(line, { session: SESSION, keys });

const portsOf = (change: Partial<Tables> = {}): NotingPorts => ({
  coordinator: {
    beginSession: async (kind: SessionKind) => {
      asked.push(kind);
      return SESSION;
    },
    renewSession: async () => void asked.push('renewed'),
    noteSession: async (_: SessionId, line: Uint8Array) => void asked.push(read(line)),
    endSession: async (_: SessionId, outcome?: SessionOutcome) => void asked.push(outcome),
    ...change,
  },
  ...{ keys, random, clock, warn: (message) => warnings.push(message) },
});

const refused = async (): Promise<never> => {
  throw new KuraError('busy', 'sixteen sessions live');
};

describe('C12: a restore in its member’s journal', () => {
  beforeEach(() => {
    [asked, warnings, clock] = [[], [], new ManualClock()];
  });

  it('says from its beginning what it is about, and at its end what came back', async () => {
    const result = await notedRestore(SUBJECT, portsOf(), async () => {
      assert.deepEqual(asked, ['restore', SUBJECT]);
      return { result: 7, brought: BROUGHT };
    });
    assert.equal(result, 7);
    assert.deepEqual(asked.slice(2), [{ ...SUBJECT, brought: BROUGHT }, 'done']);
    assert.deepEqual(warnings, []);
  });

  it('is failed when it failed, and brought nothing', async () => {
    await assert.rejects(
      notedRestore(SUBJECT, portsOf(), () => Promise.reject(new KuraError('no_space', 'full'))),
      { code: 'no_space' },
    );
    assert.deepEqual(asked, ['restore', SUBJECT, 'failed']);
  });

  it('stays alive while it works, however often it says so', async () => {
    await notedRestore(SUBJECT, portsOf(), async (keepAlive) => {
      keepAlive();
      clock.advance(60_000);
      keepAlive();
      keepAlive();
      return { result: undefined, brought: BROUGHT };
    });
    assert.equal(asked.filter((one) => one === 'renewed').length, 1);
  });

  for (const call of ['beginSession', 'renewSession', 'noteSession', 'endSession'] as const) {
    it(`goes on when the journal does not take ${call}, and says so once`, async () => {
      const work = async (keepAlive: () => void) => {
        clock.advance(60_000);
        keepAlive();
        return { result: 'back', brought: BROUGHT };
      };
      const ports = portsOf({ [call]: refused });
      assert.equal(await notedRestore(SUBJECT, ports, work), 'back');
      assert.deepEqual(warnings, [
        'this restore is not in the journal as it should be: sixteen sessions live',
      ]);
    });
  }

  it('has room for any names: the longest are cut', async () => {
    const long = byteString(`/${'"'.repeat(4000)}`);
    const hostname = '\u{1F4E6}'.repeat(255);
    const subject = restoreSubject({ ...ABOUT, hostname, path: long, target: long });
    await notedRestore(subject, portsOf(), async () => ({ result: 0, brought: BROUGHT }));
    const noted = asked[2] as typeof subject;
    assert.ok(JSON.stringify(noted).length <= MAX_LINE_TEXT_BYTES);
    assert.match(noted.path, /^\/"+…$/);
    assert.deepEqual(noted.brought, BROUGHT);
    assert.equal(
      shortened(SUBJECT, () => true),
      SUBJECT,
    );
  });
});
