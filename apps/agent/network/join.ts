// Joining a network with an invitation: an account under a passphrase that the service never sees, this device's
// certificate, and all that the card needs from then on. The keys are the member's own; the root is kept before the
// network is told of it, so that no member exists whose root is lost.
import { X509Certificate } from 'node:crypto';
import type { MemberId } from '@kura/base';
import { checkIssued, type Invitation, trustFirst } from '@kura/certificates/invitation.ts';
import { selfMade } from '@kura/certificates/issue.ts';
import { newRequest } from '@kura/certificates/request.ts';
import { keyHashOf } from '@kura/certificates/trust.ts';
import type { HomeDescription } from '@kura/contract';
import {
  ACCOUNT_ENDPOINTS as ACCOUNT,
  type JoinStatement,
} from '@kura/contract/wire/endpoints/account.ts';
import { joinMessage } from '@kura/contract/wire/join-proof.ts';
import {
  deriveMemberKeys,
  deriveServiceKeys,
  type MemberKeys,
  newDevice,
  type Root,
  signAs,
} from '@kura/member-seal';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import { openClient } from '@kura/wire/client/open-client.ts';
import type { CardIdentity } from '../card/card-files.ts';
import type { Surroundings } from './access.ts';
import { registerPassphrase } from './opaque.ts';

export interface JoinRequest {
  readonly invitation: Invitation;
  readonly root: Root;
  /** Lower-case letters, digits and hyphens: the name to log in with. */
  readonly account: string;
  /** To log in; not the card's. */
  readonly loginPassphrase: string;
  readonly deviceName: string;
  readonly home: HomeDescription;
  readonly proxy: string | undefined;
  /** Makes what cannot be had again durable; the network is told only then. */
  readonly keep: (identity: CardIdentity) => Promise<void>;
}

export interface Joined {
  readonly identity: CardIdentity;
  readonly networkId: string;
  readonly memberId: MemberId;
  /** "host:port" of the invitation. */
  readonly coordinator: string;
  readonly rootPem: string;
  readonly logOrigin: string;
  readonly logKey: Uint8Array;
  readonly coordinatorKey: Uint8Array;
}

/** Throws `refused` with the reason, `already_exists` for an account's name that is taken, `unreachable`. */
export async function joinNetwork(request: JoinRequest, around: Surroundings): Promise<Joined> {
  const { invitation, account, loginPassphrase } = request;
  const client = firstContact(request, around);
  try {
    const { token } = invitation;
    const registrationRecord = await register(client, { token, account, loginPassphrase });
    const { identity, statement, keys } = applicationOf({ ...request, registrationRecord }, around);
    await request.keep(identity);
    const answer = await client.call(ACCOUNT.joinFinish, {
      body: { token, statement, signature: signAs(keys.ownerSeed, joinMessage(statement)) },
    });
    const { certificatePem, network } = answer;
    const { networkId, authorityPem, ...notice } = network;
    const nowMs = around.clock.nowMs();
    checkIssued({ ...network, certificatePem }, { ...invitation, role: 'device', nowMs });
    return {
      ...{ ...notice, networkId, memberId: keys.memberId },
      ...{ coordinator: invitation.address, rootPem: authorityPem },
      identity: { ...identity, deviceTls: { ...identity.deviceTls, certificatePem } },
    };
  } finally {
    client.close();
  }
}

/** Of the other end only the fingerprint of its root is known. */
function firstContact(
  { invitation, proxy }: Pick<JoinRequest, 'invitation' | 'proxy'>,
  { clock, random }: Surroundings,
): EndpointClient {
  const { rootHash } = invitation;
  return openClient({
    addresses: [invitation.address],
    trust: (certificate, chain) => {
      const roles = ['coordinator'] as const;
      trustFirst(certificate, chain, { rootHash, roles, nowMs: clock.nowMs(), revoked: new Set() });
    },
    ...{ proxy, clock, random },
    connections: 1,
  });
}

function register(
  client: EndpointClient,
  asked: Pick<Invitation, 'token'> & Pick<JoinRequest, 'account' | 'loginPassphrase'>,
): Promise<string> {
  const { token, account, loginPassphrase } = asked;
  return registerPassphrase(loginPassphrase, async (registrationRequest) => {
    const body = { token, account, registrationRequest };
    return (await client.call(ACCOUNT.joinStart, { body })).registrationResponse;
  });
}

interface Application {
  readonly identity: CardIdentity;
  readonly statement: JoinStatement;
  readonly keys: MemberKeys;
}

function applicationOf(
  request: JoinRequest & { readonly registrationRecord: string },
  { clock, random }: Surroundings,
): Application {
  const { invitation, root, account, deviceName, home, registrationRecord } = request;
  const keys = deriveMemberKeys(root);
  const { seed, publicKey, ownerSignature } = newDevice({ ownerSeed: keys.ownerSeed, random });
  const device = newRequest(random);
  const cardTls = newCardTls({ random, clock });
  return {
    keys,
    identity: {
      ...{ root, account },
      device: { seed, publicKey, ownerSignature },
      deviceTls: { certificatePem: '', keyPem: device.keyPem },
      cardTls,
    },
    statement: {
      tokenId: invitation.token.tokenId,
      ...{ account, registrationRecord, home },
      memberId: keys.memberId,
      ownerKey: keys.ownerKey,
      noticeKey: deriveServiceKeys(root).noticeKey,
      cardKeyHash: keyHashOf(new X509Certificate(cardTls.certificatePem)),
      device: { publicKey, ownerSignature, name: deviceName },
      certificateRequest: device.request,
    },
  };
}

/** Self-made and without an end: stores know its key from grants. */
export function newCardTls({ random, clock }: Surroundings): CardIdentity['cardTls'] {
  const { keyPem } = newRequest(random);
  return { certificatePem: selfMade(keyPem, clock.nowMs()), keyPem };
}
