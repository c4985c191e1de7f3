// A coordinator on loopback as strangers meet it, who have no certificate yet: alice and bob have accounts, and whoever
// attacks knows their names, and is bob. Between two attacks the hour passes in which failures count.
import { provePassphrase } from '@kura/agent/network/opaque.ts';
import { HOUR_MS, must } from '@kura/base';
import { newRequest } from '@kura/certificates';
import { ACCOUNT_ENDPOINTS, type LoginStatement } from '@kura/contract/wire/endpoints/account.ts';
import { loginMac } from '@kura/contract/wire/join-proof.ts';
import { TestMember, TestService } from '@kura/coordinator/test-service.ts';
import type { EndpointClient } from '@kura/wire';
import type { AttackScene } from './attack.ts';

/** What the last call of a login carries. */
export interface Finish {
  readonly statement: LoginStatement;
  readonly mac: Uint8Array;
}

/** A name that nobody has. */
export const NOBODY = 'nobody';

export class AccountScene implements AttackScene {
  readonly service: TestService;
  readonly alice: TestMember;
  readonly bob: TestMember;
  readonly #afterwards: (() => unknown)[];
  #client: EndpointClient | undefined;
  #devices = 0;

  private constructor(service: TestService, afterwards: (() => unknown)[]) {
    this.service = service;
    this.#afterwards = afterwards;
    this.alice = new TestMember(service, 'alice');
    this.bob = new TestMember(service, 'bob');
  }

  static async open(): Promise<AccountScene> {
    const afterwards: (() => unknown)[] = [];
    const service = await TestService.found({ after: (work) => void afterwards.push(work) });
    const scene = new AccountScene(service, afterwards);
    await service.serveAccounts();
    scene.#client = service.client();
    for (const member of [scene.alice, scene.bob]) {
      await member.join(await service.token('member', { planId: 'basic' }));
    }
    return scene;
  }

  get client(): EndpointClient {
    return must(this.#client, 'the scene was opened');
  }

  /** The service's answer to the first words of a login. */
  begin(account: string, startRequest: string) {
    const body = { account, startRequest };
    return this.client.call(ACCOUNT_ENDPOINTS.loginStart, { body });
  }

  /** A login under this name with bob's passphrase, or another, up to its last call, for a device of bob's. */
  async prepare(account: string, passphrase = this.bob.passphrase): Promise<Finish> {
    let loginId = '';
    const { finishRequest, sessionKey } = await provePassphrase(passphrase, async (request) => {
      const begun = await this.begin(account, request);
      loginId = begun.loginId;
      return begun.loginResponse;
    });
    const statement: LoginStatement = {
      ...{ loginId, finishRequest },
      certificateRequest: newRequest(this.service.random).request,
      device: this.bob.newDevice(`laptop ${this.#devices++}`),
    };
    return { statement, mac: loginMac(statement, sessionKey) };
  }

  finish(body: Finish) {
    return this.client.call(ACCOUNT_ENDPOINTS.loginFinish, { body });
  }

  /** An hour later bob logs in with what is his. */
  async check(): Promise<void> {
    this.service.clock.now += HOUR_MS;
    const { memberId } = await this.finish(await this.prepare('bob'));
    if (memberId !== this.bob.memberId) throw new Error('bob is taken for somebody else');
  }

  async close(): Promise<void> {
    for (const work of this.#afterwards.splice(0).toReversed()) await work();
  }
}
