// A store of a service comes and goes: enrolled as a candidate by itself, admitted, drained and retired by the
// operator (docs/design/enrolment.md).
import { KuraError, type StoreId } from '@kura/base';
import { type StoreIdentity, type StoreState, verifyIdentityProof } from '@kura/contract';
import { isSuite, SUITES, type SuiteName } from '@kura/copy-seal';
import type { Rows } from '../db/tables.ts';
import { baseRiskOf } from '../placement/index.ts';
import { clearStore } from './leave.ts';
import {
  mustKnow,
  readStores,
  registerStore,
  type StoreService,
  setStoreState,
  updateStore,
} from './stores.ts';

/** What the operator may make of a store, by what it is. */
const STEPS: Readonly<Record<StoreState, readonly StoreState[]>> = {
  candidate: ['active', 'retired'],
  active: ['draining', 'lost'],
  unreachable: ['draining', 'lost'],
  draining: ['active', 'retired', 'lost'],
  retired: [],
  // It came back after all.
  lost: ['active', 'retired'],
};

/** For a new shelf: the least used, so that copies of one pack are under different ciphers. */
export async function leastUsedSuite(rows: Rows): Promise<SuiteName> {
  const used = new Map<string, number>();
  for (const { identity, state } of (await readStores(rows)).values()) {
    if (state !== 'retired' && state !== 'lost') {
      used.set(identity.suite, (used.get(identity.suite) ?? 0) + 1);
    }
  }
  const [first, ...rest] = SUITES;
  let least = first as SuiteName;
  for (const suite of rest) if ((used.get(suite) ?? 0) < (used.get(least) ?? 0)) least = suite;
  return least;
}

export interface StoreEnrolment {
  readonly identity: StoreIdentity;
  /** 32 bytes that the store signed as itself: the hash of its certificate request. */
  readonly challenge: Uint8Array;
  readonly proof: Uint8Array;
  /** Of the inward listener; undefined for a strict store. */
  readonly address: string | undefined;
  readonly service: StoreService;
  readonly nowMs: number;
}

/**
 * A candidate, or a store that comes back with a new token: then its key must be the old one, and its state stays.
 * Throws `refused`, `unsupported`, `usage`, `too_large`.
 */
export async function enrolStore(rows: Rows, enrolment: StoreEnrolment): Promise<void> {
  const { identity, challenge, proof, address, service, nowMs } = enrolment;
  const { storeId, inventoryEpoch, publicKey, suite } = identity;
  verifyIdentityProof({ challenge, storeId, inventoryEpoch }, proof, publicKey);
  if (!isSuite(suite)) {
    throw new KuraError('unsupported', `"${suite}" is no cipher suite of this version`);
  }
  if ((service.kind === 'readable') !== (address !== undefined)) {
    throw new KuraError('usage', 'a readable store has an inward address, a strict one has none');
  }
  const before = (await readStores(rows)).get(storeId);
  const store = {
    identity,
    location: address ?? '',
    baseRisk: baseRiskOf(identity.place),
    freeBytes: before?.freeBytes ?? service.capacityBytes,
    service,
  };
  if (before === undefined) return registerStore(rows, store, nowMs, 'candidate');
  const isSame = Buffer.compare(before.identity.publicKey, publicKey) === 0;
  if (isSame && before.identity.suite !== suite) {
    throw new KuraError('refused', 'the copies of this store are under another cipher', {
      guidance: 'Bring its record back as it was, or found a new shelf.',
      context: { reason: 'suite' },
    });
  }
  if (isSame && before.state !== 'retired') return updateStore(rows, store, nowMs);
  throw new KuraError('refused', isSame ? 'this store was retired' : 'this store has another key', {
    guidance: 'Found a new shelf, with an id of its own.',
    context: { reason: isSame ? 'revoked' : 'key' },
  });
}

/** Throws `refused` for a step that there is not. */
export async function stepStore(
  rows: Rows,
  storeId: StoreId,
  to: { readonly state: StoreState; readonly nowMs: number },
): Promise<void> {
  const { state } = mustKnow(await readStores(rows), storeId);
  if (state === to.state) return;
  if (!STEPS[state].includes(to.state)) {
    throw new KuraError('refused', `a store that is ${state} cannot become ${to.state}`, {
      guidance:
        STEPS[state].length === 0 ? 'Enrol it anew.' : `It can become: ${STEPS[state].join(', ')}.`,
    });
  }
  if (to.state === 'retired') await clearStore(rows, storeId, to.nowMs);
  await setStoreState(rows, storeId, to);
}

/** Row A1: members of a lower level may not use it from now on; copies that lie there stay. */
export async function setMinimumLevel(rows: Rows, storeId: StoreId, level: number): Promise<void> {
  const columns = { minimum_level: level };
  await rows.updateTable('stores').set(columns).where('store_id', '=', storeId).execute();
}
