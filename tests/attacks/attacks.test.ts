// Goal: what `npm run attacks` says is what happened: an attack that gets through, and a refusal for the wrong
// reason, are told as such.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KuraError } from '@kura/base';
import { type AttackScene, answerOf, attackGroup, type Played, sameAnswer } from './attack.ts';

const quiet: AttackScene = { check: async () => undefined, close: async () => undefined };
const refused = (reason: string) => async (): Promise<never> => {
  throw new KuraError('refused', 'no', { context: { reason } });
};

async function played(
  work: () => Promise<unknown>,
  scene: AttackScene = quiet,
): Promise<Played | undefined> {
  let last: Played | undefined;
  const attack = {
    rows: 'R33',
    name: 'tries',
    answer: 'refused: key',
    play: () => answerOf(work()),
  };
  await attackGroup('a door', async () => scene, [attack]).play((one) => {
    last = one;
  });
  return last;
}

test('an attack is answered rightly only with the reason that is the real one', async () => {
  assert.equal((await played(refused('key')))?.isRight, true);
  assert.equal((await played(refused('late')))?.isRight, false);
  const through = await played(async () => 'all of it');
  assert.equal(through?.isRight, false);
  assert.equal(through?.answer, 'got through');
});

test('an error without a code, and harm that is left behind, are violations', async () => {
  const broken = await played(async () => {
    throw new TypeError('x is undefined');
  });
  assert.equal(broken?.answer, 'failed: x is undefined');
  let checks = 0;
  const harmed: AttackScene = {
    ...quiet,
    check: async () => {
      if (++checks > 1) throw new Error('the copy was changed');
    },
  };
  const after = await played(refused('key'), harmed);
  assert.equal(after?.answer, 'failed: the copy was changed');
});

test('one spelling that is answered otherwise than the rest is named', async () => {
  const answers = new Map([
    ['a', 'no'],
    ['b', 'no'],
    ['c', 'yes'],
  ]);
  const ask = async (one: string): Promise<string> => answers.get(one) ?? '';
  assert.equal(await sameAnswer(['a', 'b'], ask), 'no');
  assert.equal(await sameAnswer(['a', 'b', 'c'], ask), 'no, but yes for c');
});
