import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixedRandom } from './fixed-random.ts';
import { newRoot } from './member-keys.ts';
import { FAST_COST, STANDARD_COST, unwrapRoot, type WrappedRoot, wrapRoot } from './wrap.ts';

const random = fixedRandom('wrapped root');
const root = newRoot(random);
const passphrase = 'correct horse battery staple';
const fast = { allowFastCost: true };

function wrapFast(): Promise<WrappedRoot> {
  return wrapRoot({ root, passphrase, cost: FAST_COST, random });
}

async function failure(wrapped: unknown, typed = passphrase): Promise<string> {
  try {
    await unwrapRoot(wrapped, typed, fast);
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error);
    return `${String(error.code)}: ${error.message}`;
  }
  return assert.fail('the root came out');
}

test('a root comes back at the standard cost, and over JSON', async () => {
  const wrapped = await wrapRoot({ root, passphrase, cost: STANDARD_COST, random });
  const file: unknown = JSON.parse(JSON.stringify(wrapped));
  assert.deepEqual(await unwrapRoot(file, passphrase), root);
});

test('a passphrase is the same in every Unicode form and from a full-width keyboard', async () => {
  const wrapped = await wrapRoot({ root, passphrase: 'ガラス Aé', cost: FAST_COST, random });
  for (const typed of ['ガラス Aé'.normalize('NFD'), 'ｶﾞﾗｽ\u3000Ａé']) {
    assert.deepEqual(await unwrapRoot(wrapped, typed, fast), root);
  }
});

test('R7: the same root under the same passphrase twice has nothing in common', async () => {
  const [first, second] = [await wrapFast(), await wrapFast()];
  for (const field of ['salt', 'nonce', 'commitment', 'sealed'] as const) {
    assert.notEqual(first[field], second[field]);
  }
});

test('a wrong passphrase is called that, also an empty one', async () => {
  const wrapped = await wrapFast();
  for (const typed of ['', 'Correct horse battery staple', `${passphrase} `]) {
    assert.equal(await failure(wrapped, typed), 'wrong_passphrase: the passphrase is wrong');
  }
});

test('R8: every flipped bit of a field gives one and the same error', async () => {
  const wrapped = await wrapFast();
  const expected = {
    salt: 'wrong_passphrase: the passphrase is wrong',
    commitment: 'wrong_passphrase: the passphrase is wrong',
    nonce: 'corrupt: the key file is damaged',
    sealed: 'corrupt: the key file is damaged',
  } as const;
  for (const field of ['salt', 'commitment', 'nonce', 'sealed'] as const) {
    const messages = new Set<string>();
    const bytes = Buffer.from(wrapped[field], 'hex');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      messages.add(await failure({ ...wrapped, [field]: changed.toString('hex') }));
    }
    assert.deepEqual([...messages], [expected[field]], field);
  }
});

test('R9: costs below the floor or above the ceiling are refused before any work', async () => {
  const wrapped = { ...(await wrapFast()), memory_kib: 65_536, passes: 3 };
  const changes = [
    { memory_kib: 19 * 1024 - 1 },
    { memory_kib: 1024 * 1024 + 1 },
    { memory_kib: 2 ** 40 },
    { passes: 1 },
    { passes: 17 },
    { lanes: 0 },
    { lanes: 5 },
  ];
  for (const change of changes) {
    assert.match(await failure({ ...wrapped, ...change }), /^refused: /, JSON.stringify(change));
  }
});

test('R9: the cost of simulations opens only where it is allowed by name', async () => {
  const wrapped = await wrapFast();
  await assert.rejects(unwrapRoot(wrapped, passphrase), { code: 'refused' });
  assert.deepEqual(await unwrapRoot(wrapped, passphrase, fast), root);
});

test('a file that is no key file is corrupt; one from the future is unsupported', async () => {
  const wrapped = await wrapFast();
  const { salt: _, ...withoutSalt } = wrapped;
  const files = [
    null,
    undefined,
    7,
    'text',
    [],
    {},
    withoutSalt,
    { ...wrapped, version: 0 },
    { ...wrapped, version: '1' },
    { ...wrapped, kdf: 'scrypt' },
    { ...wrapped, passes: 2.5 },
    { ...wrapped, passes: '3' },
    { ...wrapped, salt: wrapped.salt.slice(2) },
    { ...wrapped, salt: wrapped.salt.toUpperCase().replace(/[0-9]/g, 'A') },
    { ...wrapped, sealed: `${wrapped.sealed}00` },
    { ...wrapped, nonce: { length: 24 } },
  ];
  for (const file of files) {
    assert.equal(await failure(file), 'corrupt: the key file is damaged', JSON.stringify(file));
  }
  assert.match(await failure({ version: 2 }), /^unsupported: /);
});
