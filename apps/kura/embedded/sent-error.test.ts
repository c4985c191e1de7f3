import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ERROR_CODES, errnoOf, KuraError } from '@kura/base';
import { received, sendable } from './sent-error.ts';

/** There and back, through what threads do to messages. */
const sent = (error: unknown): Error => received(structuredClone(sendable(error)));

describe('errors between threads', () => {
  it('a KuraError stays one, with code, sentence, remedy and facts', () => {
    for (const code of ERROR_CODES) {
      const details = { guidance: 'Make room.', context: { packs: 3, city: 'osaka' } };
      const error = sent(new KuraError(code, 'it failed', details));
      assert.ok(error instanceof KuraError);
      assert.deepEqual(
        [error.code, error.message, error.guidance, error.context],
        [code, 'it failed', 'Make room.', { packs: 3, city: 'osaka' }],
      );
    }
    assert.equal((sent(new KuraError('io', 'x')) as KuraError).guidance, undefined);
  });

  it("a system error keeps its number's name: full disks and unreadable files are told by it", () => {
    const error = sent(Object.assign(new Error('write failed'), { code: 'ENOSPC' }));
    assert.equal(errnoOf(error), 'ENOSPC');
    assert.equal(error.message, 'write failed');
    assert.equal(error instanceof KuraError, false);
  });

  it('anything else is an error with its words and its stack', () => {
    const defect = new TypeError('x is not a function');
    const error = sent(defect);
    assert.equal(error.message, 'x is not a function');
    assert.equal(error.stack, defect.stack);
    assert.equal(errnoOf(error), undefined);
    assert.equal(sent('a text').message, 'a text');
  });

  it('a code that nobody knows is io, not believed', () => {
    const strange = { ...sendable(new KuraError('io', 'x')) };
    const kura = { code: 'hacked', guidance: undefined, context: {} };
    const error = received({ ...strange, kura });
    assert.ok(error instanceof KuraError && error.code === 'io');
  });
});
