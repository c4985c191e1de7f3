// Audits, as every store must answer them: with its signature, with bytes as they lie there, and with nothing that
// could be kept instead of the bytes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CopyId, equalBytes, toHex } from '@kura/base';
import {
  CopyTag,
  type FullReadAnswer,
  type FullReadChallenge,
  isEntrustedLeaf,
  type LeafChallenge,
  type LeafEvidence,
  MAX_CHALLENGE_LEAVES,
  openExamination,
  openFullReadAnswer,
  openLeafAnswer,
} from '@kura/contract';
import {
  packBytes,
  rejectsWith,
  type Scene,
  type Surroundings,
  sendCopy,
  type WithStore,
} from './store-fixture.ts';

export function auditTests(scene: WithStore): void {
  leafTests(scene);
  fullReadTests(scene);
  examinationTests(scene);
}

interface Stored {
  readonly id: CopyId;
  readonly bytes: Uint8Array;
  readonly root: Uint8Array;
  readonly leafCount: number;
}

async function stored({ store, shape, around }: Scene, which: 0 | 1 | 2 = 1): Promise<Stored> {
  const id = around.newCopyId();
  const bytes = around.random.bytes(packBytes(shape, which));
  const { root, leafCount } = await sendCopy(store, { id, member: around.alice.member, bytes });
  return { id, bytes, root, leafCount };
}

function newId(around: Surroundings): string {
  return toHex(around.random.bytes(16));
}

function leafChallenge(
  { store, around }: Scene,
  leaves: LeafChallenge['leaves'],
  change: Partial<LeafChallenge> = {},
): LeafChallenge {
  const issuedMs = around.clock.nowMs();
  const { storeId } = store.identity;
  const base = { challengeId: newId(around), storeId, issuedMs, deadlineMs: issuedMs + 60_000 };
  return { ...base, leaves, ...change };
}

/** The answer, verified, and every leaf that came with it, by its number in the answer. */
async function ask({ store }: Scene, challenge: LeafChallenge) {
  const evidence = new Map<number, LeafEvidence>();
  const { signed } = await store.answerLeaves(challenge, async (one) => {
    evidence.set(one.index, { ...one, bytes: one.bytes.slice() });
  });
  const { storeId, publicKey: storeKey } = store.identity;
  return { answer: openLeafAnswer(signed, { storeKey, storeId, challenge }), evidence };
}

function leafTests(scene: WithStore): void {
  test(
    'A10: leaves are answered with their bytes and their way to the root that was acknowledged',
    scene(async (at) => {
      const { shape, around } = at;
      const copies = [await stored(at, 0), await stored(at, 2)];
      const leaves = copies.flatMap(({ id: copyId, leafCount }) =>
        [0, leafCount - 1, around.random.below(leafCount)].map((leaf) => ({ copyId, leaf })),
      );
      const { answer, evidence } = await ask(at, leafChallenge(at, leaves));
      assert.equal(answer.timeMs, around.clock.nowMs());
      assert.equal(evidence.size, leaves.length);
      for (const [index, { copyId, leaf, state }] of answer.items.entries()) {
        const copy = copies.find(({ id }) => id === copyId);
        const found = evidence.get(index);
        assert.ok(copy !== undefined && found !== undefined && state === 'read');
        const from = leaf * shape.leafBytes;
        assert.ok(equalBytes(found.bytes, copy.bytes.subarray(from, from + shape.leafBytes)));
        assert.ok(isEntrustedLeaf(found, leaf, copy));
        assert.ok(!isEntrustedLeaf(found, (leaf + 1) % copy.leafCount, copy));
      }
    }),
  );

  test(
    'A10: a damaged leaf is given as it lies there, and none that is missing',
    scene(async (at) => {
      const copy = await stored(at);
      await at.damage(copy.id, [2]);
      const asked = [
        { copyId: copy.id, leaf: 2 },
        { copyId: at.around.newCopyId(), leaf: 0 },
        { copyId: copy.id, leaf: 1 },
      ];
      const { answer, evidence } = await ask(at, leafChallenge(at, asked));
      assert.deepEqual(
        answer.items.map(({ state }) => state),
        ['read', 'missing', 'read'],
      );
      const [damaged, sound] = [evidence.get(0), evidence.get(2)];
      assert.ok(damaged !== undefined && sound !== undefined && !evidence.has(1));
      assert.ok(!isEntrustedLeaf(damaged, 2, copy));
      assert.ok(isEntrustedLeaf(sound, 1, copy));
    }),
  );

  test(
    'R24: a store answers what it was asked, and signs for no other question',
    scene(async (at) => {
      const { store, around } = at;
      const copy = await stored(at);
      const leaves = [{ copyId: copy.id, leaf: 0 }];
      const challenge = leafChallenge(at, leaves);
      const { answer } = await ask(at, challenge);
      const { storeId, publicKey: storeKey } = store.identity;
      const others: Partial<LeafChallenge>[] = [
        { challengeId: newId(around) },
        { deadlineMs: challenge.deadlineMs + 1 },
        { leaves: [{ copyId: copy.id, leaf: 1 }] },
        { leaves: [...leaves, ...leaves] },
      ];
      for (const change of others) {
        const check = { storeKey, storeId, challenge: { ...challenge, ...change } };
        assert.throws(() => openLeafAnswer(answer.signed, check), { code: 'refused' });
      }
      const nothing = async (): Promise<void> => assert.fail('no leaf was asked for');
      const refused = (asked: LeafChallenge): Promise<unknown> =>
        store.answerLeaves(asked, nothing);
      const foreign = leafChallenge(at, leaves, { storeId: around.newStoreId() });
      await rejectsWith(refused(foreign), 'refused');
      const beyond = [{ copyId: copy.id, leaf: copy.leafCount }];
      await rejectsWith(refused(leafChallenge(at, beyond)), 'usage');
      await rejectsWith(refused(leafChallenge(at, [])), 'usage');
      const tooMany = Array.from({ length: MAX_CHALLENGE_LEAVES + 1 }, () => ({
        copyId: copy.id,
        leaf: 0,
      }));
      await rejectsWith(refused(leafChallenge(at, tooMany)), 'usage');
    }),
  );
}

function fullReadTests(scene: WithStore): void {
  test(
    'A10: a full read is answered by whoever has every byte, and by nobody else',
    scene(async (at) => {
      const { store, around, shape } = at;
      const { storeId, publicKey: storeKey } = store.identity;
      const challenge = (copyId: CopyId): FullReadChallenge => ({
        ...{ challengeId: newId(around), storeId, copyId },
        key: around.random.bytes(32),
        nonce: around.random.bytes(12),
      });
      const read = async (asked: FullReadChallenge) => {
        const { signed } = await store.answerFullRead(asked);
        return openFullReadAnswer(signed, { storeKey, storeId, challenge: asked });
      };
      for (const which of [0, 1, 2] as const) {
        const copy = await stored(at, which);
        const asked = challenge(copy.id);
        const tag = new CopyTag(asked);
        tag.add(copy.bytes.subarray(0, shape.leafBytes));
        tag.add(copy.bytes.subarray(shape.leafBytes));
        const answer = await read(asked);
        assert.equal(answer.state, 'read');
        const wanted = [tag.finish(), copy.root].map(toHex);
        assert.deepEqual(hexOf(answer), wanted);
        await at.damage(copy.id, [copy.leafCount - 1]);
        const after = await read(asked);
        assert.equal(after.state, 'read');
        for (const [index, hex] of hexOf(after).entries()) assert.notEqual(hex, wanted[index]);
      }
      assert.equal((await read(challenge(around.newCopyId()))).state, 'missing');
      const elsewhere = { ...challenge(around.newCopyId()), storeId: around.newStoreId() };
      await rejectsWith(store.answerFullRead(elsewhere), 'refused');
    }),
  );
}

function hexOf({ tag, root }: FullReadAnswer): string[] {
  assert.ok(tag !== undefined && root !== undefined, 'all of it was read');
  return [toHex(tag), toHex(root)];
}

function examinationTests(scene: WithStore): void {
  test(
    'A12: an examination says what was found before it was healed, today and later',
    scene(async (at) => {
      const { store, around, canHeal } = at;
      const { storeId, publicKey: storeKey } = store.identity;
      const copy = await stored(at);
      const examine = async (copyId: CopyId) => {
        const { signed } = await store.examine(copyId);
        return openExamination(signed, { storeKey, storeId, copyId });
      };
      const sound = await examine(copy.id);
      assert.deepEqual([sound.state, sound.findings], ['intact', []]);
      assert.deepEqual([sound.leafCount, toHex(sound.root)], [copy.leafCount, toHex(copy.root)]);
      await at.damage(copy.id, [2]);
      const foundMs = around.clock.nowMs();
      const found = await examine(copy.id);
      assert.equal(found.state, canHeal ? 'healed' : 'damaged');
      assert.equal(toHex(found.root), toHex(copy.root));
      assert.deepEqual(
        [found.foundMs, found.wrongLeaves, found.reportedBefore],
        [foundMs, 1, false],
      );
      const [finding] = found.findings;
      assert.ok(finding !== undefined);
      assert.deepEqual([finding.leaf, finding.kind], [2, 'wrong']);
      assert.deepEqual([finding.blocks, finding.bits > 0], canHeal ? [1, true] : [0, false]);
      around.clock.advance(1000);
      const later = await examine(copy.id);
      assert.deepEqual([later.state, later.findings], [found.state, found.findings]);
      assert.deepEqual([later.foundMs, later.timeMs], [foundMs, foundMs + 1000]);
      assert.equal((await examine(around.newCopyId())).state, 'missing');
    }),
  );
}
