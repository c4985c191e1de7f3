// Goal: evidence opens with nothing but itself, and any part of it that is not what it says to be is refused (row
// A12, R20).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { copyId, KuraError, must } from '@kura/base';
import { ed25519PublicKey } from '@kura/log';
import { formatBundle, hashBundle, parseBundle } from './bundle.ts';
import { judge } from './judge.ts';
import { factsOf, openEvidence } from './open-bundle.ts';
import { inPlainWords, LANGUAGES } from './plain-words.ts';
import {
  answered,
  type Draft,
  draft,
  examined,
  LEAVES,
  otherHash,
  trueHash,
  wrong,
} from './test-evidence.ts';
import { VERDICT_KINDS } from './verdict.ts';

const textOf = (of: Draft = draft()): string =>
  formatBundle({ ...of, verdict: judge(factsOf(of)) });
const isRefused = (error: unknown): boolean =>
  error instanceof KuraError && error.code === 'refused';

describe('evidence', () => {
  it('A12: opens offline, and is judged again', () => {
    const { verdict, facts, bundle } = openEvidence(textOf());
    assert.equal(verdict.kind, 'decay');
    assert.equal(facts.seen[0]?.answered[0]?.isRight, false);
    assert.equal(bundle.store.city, 'osaka');
    assert.equal(hashBundle(textOf()).length, 64);
  });

  it('A12: says nothing of an answer whose true leaf nobody has shown', () => {
    const { seen } = factsOf(draft({ paths: [] }));
    assert.equal(seen[0]?.answered[0]?.isRight, undefined);
  });

  const [path] = draft().paths;
  const known = must(path, 'a path');
  const forged: Readonly<Record<string, () => unknown>> = {
    'another store’s key': () =>
      factsOf(
        draft({ store: { ...draft().store, publicKey: ed25519PublicKey(new Uint8Array(32)) } }),
      ),
    'an acknowledgement of another root': () =>
      factsOf(draft({ acknowledgement: { ...draft().acknowledgement, root: otherHash() } })),
    'an acknowledgement that its store has not signed': () => {
      const signature = new Uint8Array(64);
      const acknowledgement = { ...draft().acknowledgement, signature };
      return factsOf(draft({ acknowledgement, paths: [], observations: [], examinations: [] }));
    },
    'an acknowledgement of another size': () => factsOf(draft({ leafCount: LEAVES + 1 })),
    'an examination of another copy': () => {
      const { signed } = examined({ copyId: copyId('03'.repeat(32)) });
      return factsOf(draft({ examinations: [{ askedMs: 1, signed }] }));
    },
    'an examination that was touched': () => {
      const signed = examined({ findings: [wrong(1)] }).signed.slice();
      signed[60] = (signed[60] ?? 0) ^ 1;
      return factsOf(draft({ examinations: [{ askedMs: 1, signed }] }));
    },
    'an answer to another question': () => {
      const one = answered([{ leaf: 1, state: 'read', hash: otherHash() }]);
      const { leafChallenge } = answered([{ leaf: 2, state: 'read', hash: otherHash() }]);
      return factsOf(draft({ observations: [{ ...one, leafChallenge }] }));
    },
    'an answer without its question': () => {
      const one = answered([{ leaf: 1, state: 'read', hash: otherHash() }]);
      return factsOf(draft({ observations: [{ ...one, leafChallenge: undefined }] }));
    },
    'a question that is none': () => {
      const one = answered([{ leaf: 1, state: 'read', hash: otherHash() }]);
      const leafChallenge = new Uint8Array([9]);
      return factsOf(draft({ observations: [{ ...one, leafChallenge }] }));
    },
    'a path of another leaf': () => factsOf(draft({ paths: [{ ...known, leaf: 2 }] })),
    'a path of other bytes': () => factsOf(draft({ paths: [{ ...known, hash: trueHash(2) }] })),
    'another verdict than it supports': () => {
      const verdict = { ...judge(factsOf(draft())), kind: 'tampering' as const };
      return openEvidence(formatBundle({ ...draft(), verdict }));
    },
    'white space': () => parseBundle(textOf().replace(',', ', ')),
    'a field too many': () => parseBundle(textOf().replace('{', '{"a":1,')),
    'text that is none': () => parseBundle('evidence'),
  };
  for (const [name, open] of Object.entries(forged)) {
    it(`A12: with ${name} it is refused`, () => {
      assert.throws(open, isRefused);
    });
  }
});

describe('words for a member', () => {
  it('A13: every verdict has them, in each language, with the place and the number', () => {
    for (const language of LANGUAGES) {
      for (const verdict of VERDICT_KINDS) {
        const text = inPlainWords({ verdict, copies: 12, city: 'osaka' }, language);
        assert.match(text, /12/);
        assert.match(text, /osaka/i);
        assert.ok(text.length > 40 && text.length < 400, text);
      }
    }
    const one = inPlainWords({ verdict: 'decay', copies: 1, city: 'osaka' }, 'en');
    assert.match(one, /^In Osaka one copy had decayed/);
  });
});
