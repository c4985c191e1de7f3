// Mutated texts and signed records: what is typed, printed on paper, downloaded or sent by another party.
// Wrapped roots, recovery words, receipts, checkpoints, warrants, acknowledgements, tables and places.
import { readFileSync } from 'node:fs';
import { KuraError, type MemberId, type SnapshotId, toHex } from '@kura/base';
import {
  type StoreAcknowledgement,
  verifyAcknowledgement,
  verifyWarrant,
  type Warrant,
} from '@kura/contract';
import { findCity } from '@kura/coordinator/placement/cities.ts';
import { parseCsv } from '@kura/coordinator/placement/csv.ts';
import { fixtureRandom } from '@kura/format/pack-fixtures.ts';
import { splitStore } from '@kura/kura/cli/options.ts';
import {
  ed25519PublicKey,
  formatReceiptBody,
  MerkleTree,
  openCheckpoint,
  parseCheckpoint,
  parseReceiptBody,
  type Receipt,
  receiptLeaf,
  signCheckpoint,
  signNote,
  verifyReceipt,
} from '@kura/log';
import {
  FAST_COST,
  newRoot,
  rootToWords,
  unwrapRoot,
  wordsToRoot,
  wrapRoot,
} from '@kura/member-seal';
import { type SeededRandom, Surroundings } from '@kura/testing';
import type { HostileKind } from './kind.ts';
import { mutateText, mutateValue } from './mutate.ts';
import { type ReadCase, readerKind } from './reader-kind.ts';

const rootFiles = readerKind({
  name: 'wrapped roots',
  share: 5,
  open(): ReadCase {
    const root = newRoot(fixtureRandom);
    const request = { root, passphrase: 'kura', cost: FAST_COST, random: fixtureRandom };
    const made = wrapRoot(request);
    return async (random) => {
      const file = mutateValue(random, await made);
      // A cost within the bounds is honoured; only who opens may say that fast ones are fine.
      const isCostly =
        typeof file === 'object' && file !== null && Number(Reflect.get(file, 'memory_kib')) > 8;
      await unwrapRoot(file, 'kura', { allowFastCost: !isCostly || random.chance(0.5) });
      return undefined;
    };
  },
});

const words = readerKind({
  name: 'recovery words',
  share: 1,
  open(): ReadCase {
    const root = newRoot(fixtureRandom);
    const samples = [rootToWords(root, 'english'), rootToWords(root, 'japanese')];
    return (random) => {
      wordsToRoot(mutateText(random, samples));
      return undefined;
    };
  },
});

const LOG_SEED = new Uint8Array(32).fill(7);
const LOG = { origin: 'kura.example/log', publicKey: ed25519PublicKey(LOG_SEED) };

function sampleReceipt(): Receipt {
  const salt = new Uint8Array(32).fill(3);
  const body = formatReceiptBody({
    memberId: '01'.repeat(16) as MemberId,
    snapshotId: '02'.repeat(32) as SnapshotId,
    predecessor: null,
    deviceKey: '03'.repeat(32),
    packCount: 3,
    packSetRoot: '04'.repeat(32),
    stores: [],
    timeMs: 1_790_000_000_000,
    salt: toHex(salt),
  });
  const tree = new MerkleTree();
  for (let index = 0; index < 5; index++) tree.append(new Uint8Array([index]));
  const leafIndex = tree.append(receiptLeaf(body, salt));
  const checkpoint = { origin: LOG.origin, size: tree.size, head: tree.head() };
  return {
    body,
    leafIndex,
    inclusionProof: tree.inclusionProof(leafIndex).map(toHex),
    checkpoint: signCheckpoint(checkpoint, LOG_SEED),
    witnessed: false,
  };
}

const receipts = readerKind({
  name: 'receipts',
  share: 4,
  open(): ReadCase {
    const receipt = sampleReceipt();
    const fields: unknown = JSON.parse(receipt.body);
    return (random) => {
      const choice = random.below(3);
      if (choice === 0) parseReceiptBody(JSON.stringify(mutateValue(random, fields)));
      else if (choice === 1) parseReceiptBody(mutateText(random, [receipt.body]));
      else verifyReceipt(mutateReceipt(random, receipt), LOG);
      return undefined;
    };
  },
});

/** Fields keep their types: a receipt is a row of the agent's own tables. */
function mutateReceipt(random: SeededRandom, receipt: Receipt): Receipt {
  return {
    ...receipt,
    body: random.chance(0.2) ? mutateText(random, [receipt.body]) : receipt.body,
    leafIndex: random.pick([receipt.leafIndex, -1, 1.5, 2 ** 53, Number.NaN]),
    inclusionProof: receipt.inclusionProof.map((text) =>
      random.chance(0.1) ? mutateText(random, [text]) : text,
    ),
    checkpoint: random.chance(0.2) ? mutateText(random, [receipt.checkpoint]) : receipt.checkpoint,
  };
}

const checkpoints = readerKind({
  name: 'checkpoints',
  share: 4,
  open(): ReadCase {
    const { checkpoint } = sampleReceipt();
    const text = checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1);
    return (random) => {
      const choice = random.below(3);
      if (choice === 0) openCheckpoint(mutateText(random, [checkpoint]), LOG);
      else if (choice === 1) parseCheckpoint(mutateText(random, [text]));
      else openCheckpoint(resigned(mutateText(random, [text])), LOG);
      return undefined;
    };
  },
});

/** Signed by the log itself, if it is a text that can be signed at all. */
function resigned(text: string): string {
  const isSignable = text.endsWith('\n') && !/[\p{Cc}\p{Cs}]/u.test(text.replaceAll('\n', ''));
  return isSignable ? signNote({ text, name: LOG.origin, seed: LOG_SEED }) : text;
}

/** JSON without its byte strings, and back: what an edge will make of what it receives. */
function mutateFields<T extends object>(random: SeededRandom, fields: T): T {
  const names = Object.keys(fields) as (keyof T)[];
  const name = random.pick(names);
  const value = fields[name];
  if (random.chance(0.1)) return fields;
  if (typeof value === 'string') return { ...fields, [name]: mutateText(random, [value]) };
  if (typeof value === 'number') {
    return { ...fields, [name]: random.pick([-1, 1.5, 2 ** 53, 2 ** 70, Number.NaN, value + 1]) };
  }
  if (value instanceof Uint8Array) {
    return { ...fields, [name]: random.bytes(random.pick([0, 31, 32, 64, 65, 1000])) };
  }
  if (!Array.isArray(value)) return fields;
  const items: unknown[] = value.map((item: unknown) => {
    if (typeof item === 'string') return mutateText(random, [item]);
    return typeof item === 'object' && item !== null ? mutateFields(random, item) : item;
  });
  const many = random.chance(0.02) ? Array.from({ length: 20_000 }, () => items[0]) : items;
  return { ...fields, [name]: many };
}

const warrants = readerKind({
  name: 'warrants and acknowledgements',
  share: 4,
  open(): ReadCase {
    const around = new Surroundings(11);
    const store = around.newStoreId();
    const copyId = around.newCopyId();
    const samples: readonly Warrant[] = [
      around.destroy(store, { copyIds: [copyId, around.newCopyId()] }),
      around.retire(store, { copyId }),
    ];
    const acks = around.acknowledgements();
    return (random) => {
      if (random.chance(0.3)) {
        const ack: StoreAcknowledgement = mutateFields(random, random.pick(acks));
        const key = around.storeKeys.get(ack.storeId);
        if (key === undefined) throw new KuraError('refused', 'nobody knows this store');
        verifyAcknowledgement(ack, key);
        return undefined;
      }
      const warrant = mutateFields(random, random.pick(samples));
      const signerKey =
        warrant.kind === 'destroy-pack'
          ? ed25519PublicKey(around.alice.seed)
          : around.coordinatorKey;
      const { storeKeys } = around;
      verifyWarrant(warrant, { storeId: store, nowMs: around.clock.nowMs(), signerKey, storeKeys });
      return undefined;
    };
  },
});

const CITIES = new URL('../../data/cities/dc-cities.csv', import.meta.url);

const tables = readerKind({
  name: 'city tables',
  share: 3,
  open(): ReadCase {
    const lines = readFileSync(CITIES, 'utf8').split('\n').slice(0, 6);
    const samples = [lines.join('\n'), '"a","b ""c"""\r\n1,2\r\n', 'a\n1\n'];
    return (random) => {
      parseCsv(mutateText(random, samples), 'table');
      return undefined;
    };
  },
});

const places = readerKind({
  name: 'stores and homes',
  share: 2,
  open(): ReadCase {
    const cities = ['tokyo', 'São Paulo', '35.68,139.69', '-90,180', 'Tukwila (Seattle) WA'];
    const stores = cities.map((city) => `/mnt/a=b/${city}=${city}`);
    return (random) => {
      const text = random.chance(0.5) ? mutateText(random, cities) : mutateText(random, stores);
      findCity(text.includes('=') ? splitStore(text).place : text);
      return undefined;
    };
  },
});

export const smallRecordKinds: readonly HostileKind[] = [
  rootFiles,
  words,
  receipts,
  checkpoints,
  warrants,
  tables,
  places,
];
