// Goal: every kind of hostile input stays harmless for a few fixed seeds, sees valid input accepted, and
// would notice what must not come out of a reader.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KuraError } from '@kura/base';
import { SeededRandom } from '@kura/testing';
import { auditWordKinds } from './audit-words.ts';
import { custodyProofKinds } from './custody-proofs.ts';
import { formatKinds } from './formats.ts';
import { homeFileKinds } from './home-files.ts';
import { Violation } from './kind.ts';
import { runReaderCase } from './reader-kind.ts';
import { shelfKinds } from './shelves.ts';
import { smallRecordKinds } from './small-records.ts';

const SEEDS = 100;
/** About one case in twelve is not changed at all; of frames and words, some are never right. */
const LEAST_ACCEPTED = 2;
const random = new SeededRandom(1);

describe('hostile readers', () => {
  for (const kind of [
    ...formatKinds,
    ...shelfKinds,
    ...smallRecordKinds,
    ...auditWordKinds,
    ...custodyProofKinds,
    ...homeFileKinds,
  ]) {
    it(`${kind.name}: typed errors only, and what is valid is accepted`, async () => {
      const cases = kind.open();
      let accepted = 0;
      for (let seed = 0; seed < SEEDS; seed++) {
        if ((await cases.run(new SeededRandom(seed))) === 'accepted') accepted++;
      }
      cases.close();
      assert.ok(accepted >= LEAST_ACCEPTED, `${accepted} accepted`);
    });
  }

  it('an error without a type is a violation, one with a type is a refusal', async () => {
    const untyped = runReaderCase(() => assert.fail('an assertion'), random);
    await assert.rejects(untyped, Violation);
    const typed = runReaderCase(() => {
      throw new KuraError('corrupt', 'damaged');
    }, random);
    assert.equal(await typed, 'refused');
  });

  it('a loop without an end is a violation', async () => {
    const endless = runReaderCase((_random, step) => {
      for (;;) step();
    }, random);
    await assert.rejects(endless, Violation);
  });
});
