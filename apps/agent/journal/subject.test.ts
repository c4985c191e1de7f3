import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteString, sessionId } from '@kura/base';
import { deriveMemberKeys, MAX_LINE_TEXT_BYTES, newRoot } from '@kura/member-seal';
import { SeededRandom } from '@kura/testing';
import { noteSubject, readSubject, subjectOf } from './subject.ts';

const random = new SeededRandom(12);
const keys = deriveMemberKeys(newRoot(random));
const session = sessionId('5'.repeat(32));
const few = {
  ...{ hostname: 'laptop', tags: ['storm'], dryRun: false },
  paths: [byteString('/home/ann'), byteString('/etc')],
};

test('C12: what a backup was about is kept for its member, and says what had no room', async () => {
  const many = Array.from({ length: 500 }, (_, number) => byteString(`/data/${number}`));
  const long = byteString(`/${'"'.repeat(4000)}`);
  for (const paths of [few.paths, many, [long], []]) {
    const subject = subjectOf({ ...few, hostname: '"'.repeat(255), paths });
    assert.ok(JSON.stringify(subject).length <= MAX_LINE_TEXT_BYTES);
    assert.equal(subject.paths.length + subject.morePaths, paths.length);
    const lines: Uint8Array[] = [];
    const coordinator = {
      noteSession: async (_: unknown, line: Uint8Array) => void lines.push(line),
    };
    await noteSubject(subject, session, { coordinator, keys, random });
    assert.deepEqual(readSubject(lines[0] ?? new Uint8Array(), { session, keys }), subject);
  }
  assert.deepEqual(subjectOf(few).paths, ['/home/ann', '/etc']);
});

test('C12: a line that does not open takes nothing from the journal', () => {
  assert.equal(readSubject(new Uint8Array(7), { session, keys }), undefined);
});
