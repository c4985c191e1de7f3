// For tests only: a service in memory, its coordinator on loopback over TLS, and those who come to it.
import { X509Certificate } from 'node:crypto';
import {
  concatBytes,
  type MemberId,
  memberId,
  must,
  SMALL_SHAPE,
  systemAlarmClock,
  toHex,
  utf8,
} from '@kura/base';
import {
  type Invitation,
  keyHashOf,
  newRequest,
  type Role,
  selfMade,
  type Token,
  trustFirst,
} from '@kura/certificates';
import { ACCOUNT_ENDPOINTS, type JoinStatement } from '@kura/contract/wire/endpoints/account.ts';
import { joinMessage } from '@kura/contract/wire/join-proof.ts';
import type { LetterKeys } from '@kura/copy-seal';
import { privateX25519, x25519PublicBytes } from '@kura/copy-seal/agreement.ts';
import { ed25519PublicKey, signEd25519 } from '@kura/log';
import {
  type Edge,
  type EndpointClient,
  type EndpointTable,
  type Handlers,
  openClient,
  serve,
  type TlsIdentity,
} from '@kura/wire';
import { accountHandlers } from './accounts/handlers.ts';
import { openService, type Service } from './authority/service.ts';
import { makeToken, type TokenDetails } from './authority/tokens.ts';
import { TrustBook } from './authority/trust-book.ts';
import type { TokenPurpose } from './db/tables.ts';
import {
  CountedRandom,
  HandClock,
  HandProcesses,
  NETWORK_SECRET,
  openTestDatabase,
} from './fixtures.ts';
import { authorityOf, foundService } from './found-service.ts';
import { Network } from './network.ts';
import { readCharter } from './open.ts';

export const NETWORK_ID = memberId('ee'.repeat(16));
const HOST = '127.0.0.1';
const MEMORY_CONSTRAINED = 'memory-constrained';

/** Time stands still for what is judged by it; connections live by the real one. */
class EdgeClock extends HandClock {
  readonly after = systemAlarmClock.after;
  override elapsedMs(): number {
    return systemAlarmClock.elapsedMs();
  }
}

/** Where what was opened is closed: a test, or whatever else uses a service for a while. */
interface Afterwards {
  after(work: () => void | Promise<void>): void;
}

export class TestService {
  readonly clock = new EdgeClock();
  readonly random = new CountedRandom('service');
  readonly #test: Afterwards;
  #parts: { service: Service; book: TrustBook; operatorToken: Token } | undefined;
  #address = '';
  edge: Edge | undefined;

  constructor(test: Afterwards) {
    this.#test = test;
  }

  static async found(test: Afterwards): Promise<TestService> {
    const made = new TestService(test);
    await made.#found();
    return made;
  }

  get service(): Service {
    return must(this.#parts, 'the service is founded').service;
  }

  get book(): TrustBook {
    return must(this.#parts, 'the service is founded').book;
  }

  get operatorToken(): Token {
    return must(this.#parts, 'the service is founded').operatorToken;
  }

  get rows() {
    return this.service.network.database.kysely;
  }

  async #found(): Promise<void> {
    const { clock, random } = this;
    const database = await openTestDatabase();
    this.#test.after(() => database.close());
    const authority = authorityOf(NETWORK_ID, { clock, random });
    const operatorToken = await foundService(NETWORK_ID, {
      ...{ database, clock, random },
      shape: SMALL_SHAPE,
      copies: 2,
      removalDelayMs: 0,
      networkSecret: NETWORK_SECRET,
      operator: 'ada',
    });
    const charter = await readCharter(database.kysely);
    const processes = new HandProcesses();
    const network = new Network({ database, charter, clock, random, processes });
    const service = await openService(network, { networkSecret: NETWORK_SECRET, authority });
    const book = new TrustBook({ root: service.authority.root, network: service.networkId }, clock);
    this.#parts = { service, book, operatorToken };
  }

  /** The coordinator on loopback; without a table, the endpoints of accounts. */
  async serve<T extends EndpointTable>(endpoints: T, handlers: Handlers<T>): Promise<void> {
    const { clock, random, service } = this;
    const tls = await service.network.database.transact((rows) =>
      service.authority.issueOwn(rows, {
        name: { role: 'coordinator', network: service.networkId, id: 'c0'.repeat(16) },
        hosts: [HOST],
        nowMs: clock.nowMs(),
      }),
    );
    const edge = await serve({
      ...{ endpoints, handlers, tls, clock, random },
      listen: { host: HOST, port: 0 },
      authorise: this.book.authorise,
      // Tests come from one address, and oftener than people.
      limits: { rateRequests: 10_000 },
    });
    this.#test.after(() => edge.close());
    this.edge = edge;
    this.#address = must(edge.address, 'it listens');
  }

  serveAccounts(): Promise<void> {
    return this.serve(ACCOUNT_ENDPOINTS, accountHandlers(this.service));
  }

  client(identity?: TlsIdentity): EndpointClient {
    const { clock, random, book } = this;
    const client = openClient({
      addresses: [this.#address],
      identity,
      trust: (certificate) => void book.judge(certificate, ['coordinator']),
      ...{ clock, random },
    });
    this.#test.after(() => client.close());
    return client;
  }

  /** Of somebody who knows nothing but an invitation. */
  stranger(rootHash: Uint8Array, roles: readonly Role[] = ['coordinator']): EndpointClient {
    const { clock, random } = this;
    const client = openClient({
      addresses: [this.#address],
      trust: (certificate, chain) =>
        void trustFirst(certificate, chain, {
          ...{ rootHash, roles },
          nowMs: clock.nowMs(),
          revoked: new Set(),
        }),
      ...{ clock, random },
    });
    this.#test.after(() => client.close());
    return client;
  }

  async token(purpose: TokenPurpose, details: TokenDetails = {}): Promise<Token> {
    const { clock, random } = this;
    return this.service.network.database.transact((rows) =>
      makeToken(rows, { purpose, details, madeBy: 'ada', nowMs: clock.nowMs(), random }),
    );
  }

  invitation(token: Token): Invitation {
    return { address: this.#address, rootHash: this.service.authority.rootHash, token };
  }

  /** A certificate of any role, as if it had been issued long ago. */
  async identity(role: 'gateway' | 'operator'): Promise<TlsIdentity> {
    const { service, clock, random } = this;
    const { keyPem, request } = newRequest(random);
    const id = role === 'operator' ? 'ada' : '9a'.repeat(16);
    const certificatePem = await service.network.database.transact((rows) =>
      service.authority.issue(rows, {
        name: { role, network: service.networkId, id },
        ...{ request, hosts: [], nowMs: clock.nowMs() },
      }),
    );
    return { keyPem, certificatePem };
  }
}

/** Somebody with keys, an account and a device, before and after they have joined. */
export class TestMember {
  readonly random: CountedRandom;
  readonly memberId: MemberId;
  readonly ownerSeed: Uint8Array;
  readonly account: string;
  readonly passphrase = 'eight words that nobody else would ever say';
  readonly cardIdentity: TlsIdentity;
  /** X25519: what the network seals to this member. */
  readonly letters: Pick<LetterKeys, 'noticeSeed' | 'noticeKey'>;
  readonly #service: TestService;

  constructor(service: TestService, account: string) {
    this.#service = service;
    this.account = account;
    this.random = new CountedRandom(account);
    this.memberId = memberId(toHex(this.random.bytes(16)));
    this.ownerSeed = this.random.bytes(32);
    const noticeSeed = this.random.bytes(32);
    this.letters = { noticeSeed, noticeKey: x25519PublicBytes(privateX25519(noticeSeed)) };
    const { keyPem } = newRequest(this.random);
    this.cardIdentity = { keyPem, certificatePem: selfMade(keyPem, service.clock.nowMs()) };
  }

  newDevice(name = 'laptop') {
    const publicKey = ed25519PublicKey(this.random.bytes(32));
    const message = concatBytes(utf8('kura/1 device\n'), publicKey);
    return { publicKey, ownerSignature: signEd25519(message, this.ownerSeed), name };
  }

  statement(
    token: Token,
    registrationRecord: string,
    given: Partial<JoinStatement> = {},
  ): { readonly keyPem: string; readonly statement: JoinStatement } {
    const { keyPem, request } = newRequest(this.random);
    const statement = {
      tokenId: token.tokenId,
      account: this.account,
      registrationRecord,
      memberId: this.memberId,
      ownerKey: ed25519PublicKey(this.ownerSeed),
      noticeKey: this.letters.noticeKey,
      cardKeyHash: keyHashOf(new X509Certificate(this.cardIdentity.certificatePem)),
      device: this.newDevice(),
      certificateRequest: request,
      home: { name: 'tokyo', lat: 35.7, lon: 139.7, powerArea: 'JP-50' },
      ...given,
    };
    return { keyPem, statement };
  }

  sign(statement: JoinStatement): Uint8Array {
    return signEd25519(joinMessage(statement), this.ownerSeed);
  }

  /** OPAQUE's registration record for the member's passphrase. */
  async register(client: EndpointClient, token: Token): Promise<string> {
    const { client: opaque, ready } = await import('@serenity-kit/opaque');
    await ready;
    const { passphrase: password, account } = this;
    const { clientRegistrationState, registrationRequest } = opaque.startRegistration({ password });
    const { registrationResponse } = await client.call(ACCOUNT_ENDPOINTS.joinStart, {
      body: { token, account, registrationRequest },
    });
    const done = opaque.finishRegistration({
      ...{ password, registrationResponse, clientRegistrationState },
      keyStretching: MEMORY_CONSTRAINED,
    });
    return done.registrationRecord;
  }

  /** The whole way; resolves to the device's identity. */
  async join(token: Token): Promise<TlsIdentity> {
    const client = this.#service.client();
    const record = await this.register(client, token);
    const { keyPem, statement } = this.statement(token, record);
    const signature = this.sign(statement);
    const { certificatePem } = await client.call(ACCOUNT_ENDPOINTS.joinFinish, {
      body: { token, statement, signature },
    });
    return { keyPem, certificatePem };
  }
}
