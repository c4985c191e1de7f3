// Logging in with an account: a certificate for a further device of a member, or for one whose certificate has ended.
// The device's key is certified by the owner beforehand, so whoever logs in has the root as well.

import type { MemberId } from '@kura/base';
import { newRequest } from '@kura/certificates/request.ts';
import { ACCOUNT_ENDPOINTS as ACCOUNT } from '@kura/contract/wire/endpoints/account.ts';
import { loginMac } from '@kura/contract/wire/join-proof.ts';
import type { DeviceKey } from '@kura/member-seal';
import type { AnswerOf } from '@kura/wire/client/client.ts';
import { openClient } from '@kura/wire/client/open-client.ts';
import type { TlsIdentity, TrustRule } from '@kura/wire/tls.ts';
import type { Surroundings } from './access.ts';
import { provePassphrase } from './opaque.ts';

export interface LoginRequest {
  /** "host:port" */
  readonly coordinators: readonly string[];
  /** By the root that is known, or by its fingerprint. */
  readonly trust: TrustRule;
  readonly account: string;
  readonly loginPassphrase: string;
  readonly device: DeviceKey;
  /** For people: "laptop". */
  readonly deviceName: string;
  readonly proxy: string | undefined;
}

export interface LoggedIn {
  readonly deviceTls: TlsIdentity;
  readonly memberId: MemberId;
  readonly network: AnswerOf<typeof ACCOUNT.loginFinish>['network'];
}

/** Throws `wrong_passphrase`, `busy` after too many failures, `refused` for a device that was removed. */
export async function logIn(request: LoginRequest, around: Surroundings): Promise<LoggedIn> {
  const { coordinators: addresses, trust, account, device, deviceName, proxy } = request;
  const { clock, random } = around;
  const client = openClient({ addresses, trust, proxy, clock, random, connections: 1 });
  try {
    let loginId = '';
    const { finishRequest, sessionKey } = await provePassphrase(
      request.loginPassphrase,
      async (startRequest) => {
        const begun = await client.call(ACCOUNT.loginStart, { body: { account, startRequest } });
        loginId = begun.loginId;
        return begun.loginResponse;
      },
    );
    const { keyPem, request: certificateRequest } = newRequest(random);
    const { publicKey, ownerSignature } = device;
    const statement = {
      ...{ loginId, finishRequest, certificateRequest },
      device: { publicKey, ownerSignature, name: deviceName },
    };
    const mac = loginMac(statement, sessionKey);
    const answer = await client.call(ACCOUNT.loginFinish, { body: { statement, mac } });
    const { certificatePem, memberId, network } = answer;
    return { deviceTls: { certificatePem, keyPem }, memberId, network };
  } finally {
    client.close();
  }
}
