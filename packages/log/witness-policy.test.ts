import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { KuraError, utf8 } from '@kura/base';
import { signCheckpoint } from './checkpoint.ts';
import { cosign, type WitnessSigner } from './cosignature.ts';
import { ed25519PublicKey } from './ed25519.ts';
import { hashEntry } from './hash.ts';
import { type ParsedNote, parseNote } from './note.ts';
import { formatPolicy, parsePolicy } from './policy-text.ts';
import {
  anyOf,
  judgeWitnesses,
  liarsNeeded,
  type WitnessPolicy,
  witnessTimeMs,
} from './witness-policy.ts';

interface Vectors {
  example: string;
  satisfied: string[][];
  unsatisfied: string[][];
  valid: { what: string; text: string }[];
  invalid: { why: string; text: string }[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/log/policies.json', import.meta.url), 'utf8'),
) as Vectors;

const isRefusal = (error: unknown): boolean =>
  error instanceof KuraError && error.code === 'refused';

/** The witnesses of the example, otherwise. */
const GROUPS =
  vectors.example.replace(/^(group|quorum).*\n/gm, '') +
  'group g 1 X1 X2\ngroup h 3 Y1 Y2 Y3\ngroup all 2 g h X3\nquorum all\n';

const LOG_SEED = new Uint8Array(32).fill(1);
const LOG = { name: 'kura.example/log', publicKey: ed25519PublicKey(LOG_SEED) };
const NOTE = signCheckpoint({ origin: LOG.name, size: 5, head: new Uint8Array(32) }, LOG_SEED);

const signerOf = (name: string): WitnessSigner => ({
  name,
  seed: hashEntry(utf8(name)),
});

function cosignedBy(names: readonly string[], timesMs: readonly number[] = []): ParsedNote {
  const { text } = parseNote(NOTE);
  const lines = names.map((name, at) => cosign(text, signerOf(name), timesMs[at] ?? 1000));
  return parseNote(NOTE + lines.join(''));
}

/** The policy with keys of which the test has the private halves. */
function withOurKeys(policy: WitnessPolicy): WitnessPolicy {
  const witnesses = policy.witnesses.map((witness) => {
    const { name, seed } = signerOf(witness.name);
    return { ...witness, key: { name, publicKey: ed25519PublicKey(seed) } };
  });
  return { ...policy, witnesses };
}

describe('witness policies', () => {
  const example = withOurKeys(parsePolicy(vectors.example));

  for (const names of vectors.satisfied) {
    it(`the example of the specification is satisfied by ${names.join(' ')}`, () => {
      const judged = judgeWitnesses(cosignedBy(names), example);
      assert.equal(judged.isWitnessed, true);
      assert.equal(judged.cosignatures.length, names.length);
    });
  }

  for (const names of vectors.unsatisfied) {
    it(`and not by ${names.length === 0 ? 'nobody' : names.join(' ')}`, () => {
      const judged = judgeWitnesses(cosignedBy(names), example);
      assert.deepEqual([judged.isWitnessed, judged.isEnough], [false, false]);
    });
  }

  it('a witness that signs twice counts once', () => {
    const twice = parseNote(
      NOTE +
        Array(2)
          .fill(cosign(parseNote(NOTE).text, signerOf('w1'), 0))
          .join(''),
    );
    const policy = anyOf(2, { log: LOG, witnesses: [keyOf('w1'), keyOf('w2')] });
    assert.equal(judgeWitnesses(twice, policy).isEnough, false);
  });

  it('a witness counts under its key, whatever name a stranger signs with', () => {
    const policy = anyOf(1, { log: LOG, witnesses: [keyOf('w1')] });
    const impostor = { ...signerOf('w2'), name: 'w1' };
    const note = parseNote(NOTE + cosign(parseNote(NOTE).text, impostor, 0));
    assert.equal(judgeWitnesses(note, policy).isEnough, false);
  });

  it('a policy that asks for no witness is met, and nothing is witnessed by that', () => {
    const judged = judgeWitnesses(
      cosignedBy(['w1']),
      anyOf(0, { log: LOG, witnesses: [keyOf('w1')] }),
    );
    assert.deepEqual([judged.isEnough, judged.isWitnessed], [true, false]);
  });

  it('the time that witnesses state is none that a lying minority could choose', () => {
    const all = anyOf(3, { log: LOG, witnesses: ['w1', 'w2', 'w3'].map(keyOf) });
    const { cosignatures } = judgeWitnesses(
      cosignedBy(['w1', 'w2', 'w3'], [9e12, 5000, 6000]),
      all,
    );
    assert.equal(witnessTimeMs(cosignatures), 6000);
    assert.equal(witnessTimeMs([]), undefined);
  });

  it('says how many witnesses have to lie before two histories can be shown', () => {
    const plain = (required: number, of: number): number => {
      const witnesses = Array.from({ length: of }, (_, at) => keyOf(`w${at}`));
      return liarsNeeded(anyOf(required, { log: LOG, witnesses }));
    };
    assert.deepEqual(
      [plain(0, 2), plain(1, 1), plain(1, 2), plain(2, 2), plain(2, 3), plain(3, 4)],
      [0, 1, 0, 2, 1, 2],
    );
    // Whatever a policy is: the fewest in common of any two sets that satisfy it.
    for (const policy of [example, withOurKeys(parsePolicy(GROUPS))]) {
      const names = policy.witnesses.map(({ name }) => name);
      const sets = Array.from({ length: 2 ** names.length }, (_, bits) =>
        names.filter((__, at) => (bits >> at) % 2 === 1),
      ).filter((set) => judgeWitnesses(cosignedBy(set), policy).isEnough);
      const shared = sets.flatMap((one) =>
        sets.map((other) => one.filter((name) => other.includes(name)).length),
      );
      assert.equal(liarsNeeded(policy), Math.min(...shared));
    }
  });

  for (const { what, text } of [...vectors.valid, { what: 'the example', text: vectors.example }]) {
    it(`with ${what} come back as they were read`, () => {
      const policy = parsePolicy(text);
      assert.deepEqual(parsePolicy(formatPolicy(policy)), policy);
    });
  }

  for (const { why, text } of vectors.invalid) {
    it(`with ${why} are refused`, () => {
      assert.throws(() => parsePolicy(text), isRefusal);
    });
  }
});

function keyOf(witness: string): { name: string; publicKey: Uint8Array } {
  const { name, seed } = signerOf(witness);
  return { name, publicKey: ed25519PublicKey(seed) };
}
