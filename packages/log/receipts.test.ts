import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fromHex, KuraError, toHex } from '@kura/base';
import fc from 'fast-check';
import { canonicalJson, type JsonValue, parseCanonicalJson } from './canonical-json.ts';
import { describeReceipt } from './describe-receipt.ts';
import { copySetRoot } from './holders.ts';
import { ReceiptVerifier, verifyReceipt } from './receipt-verifier.ts';
import { formatReceiptBody, parseReceiptBody, type Receipt, receiptLeaf } from './receipts.ts';
import { anyOf } from './witness-policy.ts';

type JsonObject = { readonly [key: string]: JsonValue };

interface Vectors {
  origin: string;
  publicKey: string;
  receipt: Receipt;
  invalid: { why: string; receipt: Receipt }[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/log/receipts.json', import.meta.url), 'utf8'),
) as Vectors;
const log = { origin: vectors.origin, publicKey: fromHex(vectors.publicKey) };
const { receipt } = vectors;

const isRefusal = (error: unknown): boolean =>
  error instanceof KuraError && error.code === 'refused';

describe('receipts', () => {
  it('a receipt is verified with nothing but itself and the key of the log', () => {
    const body = verifyReceipt(receipt, log);
    assert.equal(body.packCount, 2);
    assert.deepEqual(
      body.stores.map((store) => store.city),
      ['osaka', 'ishikari'],
    );
    assert.equal(formatReceiptBody(body), receipt.body);
  });

  it('says in words that nobody independent has witnessed it', () => {
    const policy = anyOf(0, { log: { ...log, name: log.origin }, witnesses: [] });
    const text = describeReceipt(new ReceiptVerifier(policy).verify(receipt));
    assert.match(text, /^unwitnessed: not enough independent witnesses have cosigned this log$/m);
    assert.match(text, /2 copies in osaka, chacha20/);
  });

  for (const { why, receipt: invalid } of vectors.invalid) {
    it(`refuses a receipt with ${why}`, () => {
      assert.throws(() => verifyReceipt(invalid, log), isRefusal);
    });
  }

  it('stores stand in one order only, each once', () => {
    const body = verifyReceipt(receipt, log);
    const [first] = body.stores;
    assert.ok(first !== undefined);
    for (const stores of [body.stores.toReversed(), [first, first]]) {
      assert.throws(() => formatReceiptBody({ ...body, stores }), isRefusal);
    }
  });

  it('refuses every receipt with one character of its body changed', () => {
    fc.assert(
      fc.property(
        fc.nat(receipt.body.length - 1),
        fc.integer({ min: 32, max: 126 }),
        (at, code) => {
          fc.pre(receipt.body.charCodeAt(at) !== code);
          const body =
            receipt.body.slice(0, at) + String.fromCharCode(code) + receipt.body.slice(at + 1);
          assert.throws(() => verifyReceipt({ ...receipt, body }, log), isRefusal);
        },
      ),
    );
  });

  it('refuses hostile depth before it can cost the stack', () => {
    const depth = 30_000;
    assert.throws(() => parseReceiptBody('['.repeat(depth) + ']'.repeat(depth)), isRefusal);
    assert.throws(() => parseReceiptBody('{"a":'.repeat(9000) + '}'.repeat(9000)), isRefusal);
  });

  it('one body under two salts gives two leaves that have nothing in common', () => {
    const one = receiptLeaf(receipt.body, new Uint8Array(32).fill(1));
    const two = receiptLeaf(receipt.body, new Uint8Array(32).fill(2));
    assert.notEqual(toHex(one), toHex(two));
  });

  it('the root over copies does not depend on their order, but on each of them', () => {
    const copies = ['aa', 'bb', 'cc'].map((byte, index) => ({
      copyId: byte.repeat(32),
      root: new Uint8Array(32).fill(index),
    }));
    const root = toHex(copySetRoot(copies));
    assert.equal(toHex(copySetRoot(copies.toReversed())), root);
    assert.notEqual(toHex(copySetRoot(copies.slice(1))), root);
  });
});

describe('canonical JSON', () => {
  it('sorts keys and leaves no white space', () => {
    assert.equal(
      canonicalJson({ b: [1, 'x\n', null], a: { d: true, c: -1 } }),
      '{"a":{"c":-1,"d":true},"b":[1,"x\\n",null]}',
    );
  });

  it('comes back as it was written', () => {
    const leaf = [fc.string(), fc.boolean(), fc.maxSafeInteger(), fc.constant(null)];
    const value = fc.object({ values: leaf, maxDepth: 8 }) as fc.Arbitrary<JsonObject>;
    fc.assert(
      fc.property(value, (json) => {
        const text = canonicalJson(json);
        assert.equal(canonicalJson(parseCanonicalJson(text, 'text')), text);
      }),
    );
  });

  for (const text of [
    '{"b":1,"a":2}',
    '{"a":1,"a":1}',
    ' 1',
    '1.0',
    '1e2',
    '0.5',
    '-0',
    '"\\u0061"',
  ])
    it(`refuses ${text}`, () => {
      assert.throws(() => parseCanonicalJson(text, 'text'), isRefusal);
    });
});
