// `kura serve store --enrol`: founds a shelf if there is none, shows the network whose store it is,
// and takes what the network issues. A token is used up by the answer: if that is lost, the operator gives a
// new one, and the shelf that stands by then is enrolled.
import { createHash } from 'node:crypto';
import { equalBytes, GIB, KuraError, type NetworkShape, STANDARD_SHAPE } from '@kura/base';
import {
  checkAuthority,
  checkIssued,
  type Invitation,
  newRequest,
  parseInvitation,
  trustFirst,
} from '@kura/certificates';
import { type StorePlace, signIdentityProof } from '@kura/contract';
import { ACCOUNT_ENDPOINTS, type NewStore } from '@kura/contract/wire/endpoints/account.ts';
import type { StoreConfig } from '@kura/daemon';
import { parseAddress } from '@kura/wire/address.ts';
import type { AnswerOf, EndpointClient } from '@kura/wire/client/client.ts';
import { openClient } from '@kura/wire/client/open-client.ts';
import { foundShelf } from '../found.ts';
import type { ShelfRecord } from '../identity.ts';
import { readSeed } from '../presence.ts';
import { RECORD_OBJECT } from '../s3/bucket-names.ts';
import { readBucketRecord } from '../s3/context.ts';
import { foundBucketShelf } from '../s3/found-bucket.ts';
import { shelfPaths } from '../shelf/layout.ts';
import { decodeNetwork, encodeNetwork, encodeTls } from './network-file.ts';
import { openBucket } from './shelves.ts';
import { StateFolder } from './state-folder.ts';
import type { StoreSurroundings } from './surroundings.ts';
import { takeOverShelf } from './take-over.ts';

type Terms = AnswerOf<typeof ACCOUNT_ENDPOINTS.enrolmentTerms>;

export interface StoreEnrolment {
  /** "kura-invite:…", as the operator gave it. */
  readonly invitation: string;
  /** What `store.place` of the configuration names. */
  readonly place: StorePlace;
}

/**
 * Resolves to the store's identity: a candidate, or what it was if its network invites it anew because its certificate
 * has ended or was withdrawn. Throws `already_exists` for a state of another network.
 */
export async function enrolStore(
  config: StoreConfig,
  { invitation: text, place }: StoreEnrolment,
  surroundings: StoreSurroundings,
): Promise<ShelfRecord> {
  const { disk, clock, random } = surroundings;
  const nowMs = clock.nowMs();
  const invitation = parseInvitation(text);
  const state = await StateFolder.open(disk, config.state, { random, nowMs });
  refuseOtherNetwork(state, invitation, config.state);
  const client = firstClient(invitation, surroundings);
  try {
    const { token } = invitation;
    const terms = await client.call(ACCOUNT_ENDPOINTS.enrolmentTerms, { body: { token } });
    const record = await shelfFor(config, { terms, place }, surroundings);
    const seed = readSeed(disk, config.shelf.path, record.identity);
    const { keyPem, request: certificateRequest } = newRequest(random);
    const body = {
      token,
      certificateRequest,
      hosts: hostsOf(config),
      store: describeStore(config, { record, seed, certificateRequest }),
    };
    const { certificatePem, network } = await client.call(ACCOUNT_ENDPOINTS.enrol, { body });
    checkIssued(
      { ...network, certificatePem },
      { ...invitation, role: 'store', nowMs: clock.nowMs() },
    );
    const { networkId, authorityPem, coordinatorKey } = network;
    await state.replace('tls', encodeTls({ certificatePem, keyPem }));
    // Last: a state with a network in it is enrolled.
    const coordinators = [invitation.address];
    const file = { version: 1, networkId, coordinators, authorityPem, coordinatorKey };
    await state.replace('network', encodeNetwork(file));
    return record;
  } finally {
    client.close();
  }
}

/** Whose a shelf is, is not changed by an invitation. */
function refuseOtherNetwork(state: StateFolder, { rootHash }: Invitation, folder: string): void {
  if (state.read('network') === undefined) return;
  const network = decodeNetwork(state.demand('network'));
  try {
    checkAuthority(network, rootHash);
  } catch (cause) {
    throw new KuraError('already_exists', `the store in ${folder} is of another network`, {
      guidance: 'A store for this network needs a state folder and a shelf of its own.',
      cause,
    });
  }
}

/** To a coordinator of which only the root's fingerprint is known. */
function firstClient(
  { address, rootHash }: Invitation,
  { clock, random }: StoreSurroundings,
): EndpointClient {
  return openClient({
    addresses: [address],
    trust: (certificate, chain) => {
      const revoked = new Set<string>();
      const nowMs = clock.nowMs();
      trustFirst(certificate, chain, { rootHash, nowMs, roles: ['coordinator'], revoked });
    },
    connections: 1,
    ...{ clock, random },
  });
}

/** The shelf that stands there, if it is one of this network or was handed over to it; else a new one. */
async function shelfFor(
  config: StoreConfig,
  { terms, place }: { readonly terms: Terms; readonly place: StorePlace },
  surroundings: StoreSurroundings,
): Promise<ShelfRecord> {
  const { coordinatorKey } = terms.network;
  const shape = shapeOf(terms);
  const { disk, clock, random } = surroundings;
  const store = { place, suite: terms.suite, shape, ownerKeys: new Map(), coordinatorKey, random };
  const { shelf } = config;
  if (shelf.kind === 'folder') {
    if (disk.stat(shelfPaths(shelf.path).record) === undefined) {
      await foundShelf({ ...store, disk, folder: shelf.path, clock });
    }
    return await takeOverShelf(shelf.path, coordinatorKey, surroundings);
  }
  const { bucket, close } = openBucket(shelf, surroundings);
  try {
    if ((await bucket.head(RECORD_OBJECT)) === undefined) {
      disk.makeFolder(shelf.path);
      await foundBucketShelf({ ...store, bucket, disk, keyFolder: shelf.path });
    }
    return ofNetwork((await readBucketRecord(bucket)).record, coordinatorKey);
  } finally {
    close();
  }
}

function ofNetwork(record: ShelfRecord, coordinatorKey: Uint8Array): ShelfRecord {
  if (equalBytes(record.coordinatorKey, coordinatorKey)) return record;
  throw new KuraError('refused', `the shelf of store ${record.identity.storeId} is another's`, {
    guidance: 'It obeys the coordinator of another network; choose an empty folder or bucket.',
  });
}

/** A store has nothing to do with chunks: those fields are the standard ones. */
function shapeOf({ leafBytes, packLeaves, windowLeaves }: Terms): NetworkShape {
  const [small, middle, large, ...more] = packLeaves;
  if (small === undefined || middle === undefined || large === undefined || more.length > 0) {
    throw new KuraError('corrupt', 'the network does not name three sizes of packs');
  }
  return { ...STANDARD_SHAPE, leafBytes, packLeaves: [small, middle, large], windowLeaves };
}

function hostsOf({ listen }: StoreConfig): readonly string[] {
  return listen === undefined ? [] : [parseAddress(listen.public ?? listen.address).host];
}

interface Showing {
  readonly record: ShelfRecord;
  readonly seed: Uint8Array;
  readonly certificateRequest: Uint8Array;
}

function describeStore(
  { listen, store }: StoreConfig,
  { record, seed, certificateRequest }: Showing,
): NewStore {
  const { identity } = record;
  const { storeId, inventoryEpoch } = identity;
  const challenge = new Uint8Array(createHash('sha256').update(certificateRequest).digest());
  return {
    identity,
    proof: signIdentityProof({ challenge, storeId, inventoryEpoch }, seed),
    kind: store.kind === 'strict' ? 'strict' : 'readable',
    address: listen?.public ?? listen?.address,
    readerAddress: store.reader,
    lineMbit: store.lineMbit,
    capacityBytes: Math.floor(store.capacityGib * GIB),
    rank: store.rank,
    operator: store.operator,
  };
}
