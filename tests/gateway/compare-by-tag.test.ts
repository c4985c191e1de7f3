// Goal: with one copy on the line, every other one is compared with it to the last bit, whatever its cipher is; and a
// lead that is damaged, away or somebody else neither hides nor accuses another (mission A10, A15).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { must, SMALL_SHAPE } from '@kura/base';
import { askFullRead } from '@kura/coordinator/audit/ask-full-read.ts';
import { compareByTag, type TagQuestion } from '@kura/coordinator/audit/compare-by-tag.ts';
import { PAIRS_PER_FETCH } from '@kura/coordinator/audit/pairs.ts';
import { AUDIT_SECRET, compareScene } from './compare-scene.ts';
import { fault } from './expect.ts';

const { leafBytes } = SMALL_SHAPE;
const HALF = leafBytes / 2;

async function scene(copies = 3) {
  const { network, context, parts, audited, bytesAt, cities } = await compareScene(copies);
  const [lead = '', ...others] = cities;
  const ask = async ({ copy, pair }: Pick<TagQuestion, 'copy' | 'pair'>) => {
    const { inner } = network.store(network.cityOf(copy.storeId));
    const { storeId, publicKey } = inner.identity;
    const store = { storeId, publicKey, lineMbit: undefined };
    const { clock, random } = network;
    const asking = { port: inner, leafBytes, nowMs: () => clock.nowMs(), random };
    return askFullRead({ copy, pair, auditSecret: AUDIT_SECRET }, store, asking);
  };
  /** What becomes of each copy, by its city. */
  const look = async () => {
    const { outcomes, questions } = await compareByTag(context, audited, parts);
    const answers = await Promise.all(questions.map(ask));
    const all = [...outcomes, ...answers];
    return {
      outcomes,
      questions,
      classes: new Map(all.map((one) => [network.cityOf(one.copy.storeId), one.class])),
      fetched: outcomes.filter(({ lineBytes }) => lineBytes > 0).length,
    };
  };
  return { network, look, ask, bytesAt, lead, others };
}

describe('copies are compared by tags', () => {
  it('A10: one copy goes over the line, and all are found to be the same pack', async () => {
    const { look, lead, others } = await scene(4);
    const { classes, fetched, questions } = await look();
    assert.equal(fetched, 1);
    assert.equal(questions.length, 3);
    for (const city of [lead, ...others]) assert.equal(classes.get(city), 'ok');
  });

  it('A10, A12: one flipped bit is found in any of the others, and nobody else is accused', async () => {
    for (const at of [0, 1, 2]) {
      const { look, bytesAt, lead, others } = await scene(4);
      const guilty = must(others[at], 'a city');
      const bytes = bytesAt(guilty);
      const place = 5 * leafBytes + 77;
      bytes[place] = (bytes[place] ?? 0) ^ 0b100;
      const { classes } = await look();
      for (const city of [lead, ...others]) {
        assert.equal(classes.get(city), city === guilty ? 'wrong' : 'ok', city);
      }
    }
  });

  it('A10: a lead that is damaged says nothing of the others: all are fetched, and its place is named', async () => {
    const { look, bytesAt, lead, others } = await scene();
    bytesAt(lead).fill(0, leafBytes, leafBytes + HALF);
    const { classes, questions, fetched, outcomes } = await look();
    assert.deepEqual(questions, []);
    assert.equal(fetched, 3);
    assert.equal(classes.get(lead), 'wrong');
    for (const city of others) assert.equal(classes.get(city), 'ok');
    const places = outcomes.flatMap(({ findings }) => findings.map(({ leaf }) => leaf));
    assert.deepEqual(places, [1]);
  });

  it('R25: a lead that is away is followed by the next one, and is not the one to be accused', async () => {
    const { network, look, lead, others } = await scene();
    network.store(lead).faults.fetch = fault('unreachable');
    const { classes, questions } = await look();
    assert.equal(classes.get(lead), 'offline');
    assert.equal(questions.length, 1);
    for (const city of others) assert.equal(classes.get(city), 'ok');
  });

  it('A15: a store is who it should be before it is asked', async () => {
    const { network, look, lead, others } = await scene();
    const impostor = must(others[0], 'a city');
    network.store(impostor).faults.identity = { inventoryEpoch: 2 };
    const { classes, questions } = await look();
    assert.equal(classes.get(impostor), 'refused');
    assert.equal(classes.get(lead), 'ok');
    assert.equal(questions.length, 1, 'it is not asked');
  });

  it('A10: for each round until the next fetch there is a question, and one bit answers none of them', async () => {
    const { look, ask, bytesAt, others } = await scene();
    const { questions } = await look();
    for (const { copy, pairs } of questions) {
      assert.equal(pairs.length, PAIRS_PER_FETCH);
      for (const pair of pairs) assert.equal((await ask({ copy, pair })).class, 'ok');
    }
    for (const city of others) {
      const bytes = bytesAt(city);
      bytes[HALF] = (bytes[HALF] ?? 0) ^ 1;
    }
    for (const { copy, pairs } of questions) {
      for (const pair of pairs) assert.equal((await ask({ copy, pair })).class, 'wrong');
    }
  });
});
