// Goal: a file of several names is read once, every name gets its own entry, and a file that changes under the
// walk is read again.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ByteString, byteString } from '@kura/base';
import { decodePage, encodeEntry, joinPage } from '@kura/format';
import type { FileStatus } from '@kura/native';
import { entryWithContent } from '../entries.ts';
import type { FileOutcome } from './dispatcher.ts';
import { HardLinks } from './hard-links.ts';

const status: FileStatus = {
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  sizeBytes: 0,
  blocks: 0,
  mtimeNs: 5n,
  ctimeNs: 6n,
  inode: 7n,
  device: 8n,
  links: 3,
  deviceNumber: 0n,
};

function readAs(name: string): FileOutcome {
  const attributes = { attributes: [], isIncomplete: false };
  const content = { content: [], isList: false };
  const entry = entryWithContent({ name: byteString(name), status, attributes, content });
  return { bytes: encodeEntry(entry), problem: undefined };
}

/** Joins a name; `outcomes` gets what it is finished with. */
function scene() {
  const links = new HardLinks();
  const outcomes = new Map<string, FileOutcome>();
  const join = (name: string, change: Partial<FileStatus> = {}) =>
    links.join({ name: byteString(name), status: { ...status, ...change } }, (outcome) =>
      outcomes.set(name, outcome),
    );
  return { join, outcomes };
}

function nameIn(name: string, { bytes }: FileOutcome): ByteString | undefined {
  assert.ok(bytes !== undefined);
  return decodePage(joinPage([{ name: byteString(name), bytes }]))[0]?.name;
}

describe('names of one file', () => {
  it('the first is read; those met before and after it is done share what was read', () => {
    const { join, outcomes } = scene();
    const finish = join('first');
    assert.ok(finish !== undefined);
    assert.equal(join('before'), undefined);
    finish(readAs('first'));
    assert.equal(join('after'), undefined);
    for (const name of ['first', 'before', 'after']) {
      const outcome = outcomes.get(name);
      assert.ok(outcome !== undefined, `${name} is finished`);
      assert.equal(nameIn(name, outcome), name);
    }
  });

  it('why it cannot be read is told of every name', () => {
    const { join, outcomes } = scene();
    const finish = join('first');
    join('second');
    const problem = { code: 'source_unreadable', why: 'it cannot be read: permission denied' };
    finish?.({ bytes: undefined, problem });
    assert.deepEqual(outcomes.get('second'), { bytes: undefined, problem });
  });

  it('a file of one name, another file, and a file that changed in between are read', () => {
    const { join } = scene();
    for (const name of ['a', 'b']) assert.ok(join(name, { links: 1 }) !== undefined);
    assert.ok(join('first') !== undefined);
    assert.ok(join('other', { inode: 9n }) !== undefined);
    assert.ok(join('same inode elsewhere', { device: 9n }) !== undefined);
    assert.ok(join('grown', { sizeBytes: 1 }) !== undefined);
    assert.ok(join('touched', { ctimeNs: 7n }) !== undefined);
  });

  it('a file whose names have all come is forgotten', () => {
    const { join } = scene();
    join('first')?.(readAs('first'));
    join('second');
    join('third');
    assert.ok(join('its inode, used again') !== undefined);
  });
});
