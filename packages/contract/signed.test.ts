import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { copyId, fromHex, KuraError, type MemberId, memberId, storeId, toHex } from '@kura/base';
import { openAdmission, signAdmission } from './admission.ts';
import { grantWord, openGrant, readGrantWord, signGrant } from './grant.ts';
import { openHandover, signHandover } from './handover.ts';
import { signIdentityProof, verifyIdentityProof } from './identity-proof.ts';
import { openReaderStatement, signReaderStatement } from './reader-statement.ts';
import { NO_REVOCATIONS, openRevocations, RevocationList, signRevocations } from './revocations.ts';
import { openTicket, readTicketWord, signTicket, ticketWord } from './ticket.ts';

interface Refused {
  readonly why: string;
  readonly signed: string;
  readonly reason: string;
}

interface Signed<R extends Refused = Refused> {
  readonly seed: string;
  readonly signed: string;
  readonly refused: readonly R[];
}

function load<T>(name: string): T {
  const path = new URL(`../../vectors/network/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

function refusesAll(file: Signed, open: (signed: Uint8Array, refused: Refused) => unknown): void {
  for (const refused of file.refused) {
    it(`refuses ${refused.why}`, () => {
      assert.throws(
        () => open(fromHex(refused.signed), refused),
        (error: unknown) =>
          error instanceof KuraError &&
          error.code === 'refused' &&
          error.context.reason === refused.reason,
      );
    });
  }
}

interface TicketFile extends Signed<Refused & { readonly nowMs?: number }> {
  readonly ticketKey: string;
  readonly ticket: Readonly<Record<'storeId' | 'copyId' | 'keyHash', string>> &
    Readonly<Record<'fromMs' | 'untilMs', number>>;
  readonly check: { readonly keyHash: string; readonly nowMs: number };
  readonly alsoAt: readonly number[];
  readonly word: string;
}

describe('A21: a ticket', () => {
  const file = load<TicketFile>('ticket');
  const ticket = {
    ...file.ticket,
    storeId: storeId(file.ticket.storeId),
    copyId: copyId(file.ticket.copyId),
    keyHash: fromHex(file.ticket.keyHash),
  };
  const check = { ...ticket, ticketKeys: [fromHex(file.ticketKey)], nowMs: file.check.nowMs };

  it('is what the specification says, byte by byte', () => {
    const signed = signTicket(ticket, fromHex(file.seed));
    assert.equal(toHex(signed), file.signed);
    assert.equal(ticketWord(signed), file.word);
    assert.deepEqual(openTicket(signed, check), ticket);
    for (const nowMs of file.alsoAt)
      assert.doesNotThrow(() => openTicket(signed, { ...check, nowMs }));
  });

  it('has one text', () => {
    assert.equal(toHex(readTicketWord(file.word) ?? new Uint8Array()), file.signed);
    const hostile = [
      `${file.word}=`,
      file.word.slice(0, -1),
      `${file.word.slice(0, -1)}h`,
      file.word.replace('kt1', 'kg1'),
      file.word.replace('kt1.', ''),
      `${file.word.slice(0, -1)}+`,
    ];
    for (const word of hostile) assert.equal(readTicketWord(word), undefined, word);
  });

  it('is good under either key while one replaces another', () => {
    const signed = fromHex(file.signed);
    const ticketKeys = [new Uint8Array(32), ...check.ticketKeys];
    assert.doesNotThrow(() => openTicket(signed, { ...check, ticketKeys }));
    assert.throws(() => openTicket(signed, { ...check, ticketKeys: [] }), KuraError);
  });

  refusesAll(file, (signed, { nowMs = check.nowMs }: Refused & { nowMs?: number }) =>
    openTicket(signed, { ...check, nowMs }),
  );
});

interface GrantFile extends Signed {
  readonly coordinatorKey: string;
  readonly grant: Readonly<Record<'storeId' | 'pseudonym' | 'keyHash', string>> &
    Readonly<Record<'serial' | 'issuedMs', number>>;
  readonly word: string;
}

interface RefusedGrant extends Refused {
  readonly revoked?: { readonly grants?: number[]; readonly pseudonyms?: MemberId[] };
}

describe('A17: a grant', () => {
  const file = load<GrantFile>('grant');
  const grant = {
    ...file.grant,
    storeId: storeId(file.grant.storeId),
    pseudonym: memberId(file.grant.pseudonym),
    keyHash: fromHex(file.grant.keyHash),
  };
  const check = {
    ...grant,
    coordinatorKeys: [fromHex(file.coordinatorKey)],
    revocations: NO_REVOCATIONS,
  };

  it('is what the specification says, byte by byte', () => {
    const signed = signGrant(grant, fromHex(file.seed));
    assert.equal(toHex(signed), file.signed);
    assert.equal(grantWord(signed), file.word);
    assert.equal(toHex(readGrantWord(file.word) ?? new Uint8Array()), file.signed);
    assert.deepEqual(openGrant(signed, check), grant);
  });

  refusesAll(file, (signed, { revoked = {} }: RefusedGrant) => {
    const none = { number: 1, madeMs: 0, certificates: [], grants: [], pseudonyms: [] };
    return openGrant(signed, {
      ...check,
      revocations: new RevocationList({ ...none, ...revoked }),
    });
  });
});

interface AdmissionFile extends Signed {
  readonly coordinatorKey: string;
  readonly admission: Readonly<Record<'storeId' | 'pseudonym' | 'ownerKey', string>> & {
    readonly issuedMs: number;
  };
}

describe('an admission', () => {
  const file = load<AdmissionFile>('admission');
  const admission = {
    ...file.admission,
    storeId: storeId(file.admission.storeId),
    pseudonym: memberId(file.admission.pseudonym),
    ownerKey: fromHex(file.admission.ownerKey),
  };
  const check = { ...admission, coordinatorKey: fromHex(file.coordinatorKey) };

  it('is what the specification says, byte by byte', () => {
    const signed = signAdmission(admission, fromHex(file.seed));
    assert.equal(toHex(signed), file.signed);
    assert.deepEqual(openAdmission(signed, check), admission);
  });

  refusesAll(file, (signed) => openAdmission(signed, check));
});

interface StatementFile extends Signed {
  readonly storeKey: string;
  readonly statement: Readonly<Record<'storeId' | 'keyHash', string>> &
    Readonly<Record<'inventoryEpoch' | 'madeMs', number>>;
}

describe('a reader statement', () => {
  const file = load<StatementFile>('reader-statement');
  const statement = {
    ...file.statement,
    storeId: storeId(file.statement.storeId),
    keyHash: fromHex(file.statement.keyHash),
  };
  const check = { ...statement, storeKey: fromHex(file.storeKey) };

  it('is what the specification says, byte by byte', () => {
    const signed = signReaderStatement(statement, fromHex(file.seed));
    assert.equal(toHex(signed), file.signed);
    assert.deepEqual(openReaderStatement(signed, check), statement);
  });

  refusesAll(file, (signed) => openReaderStatement(signed, check));
});

interface ProofFile {
  readonly seed: string;
  readonly storeKey: string;
  readonly claim: Readonly<Record<'challenge' | 'storeId', string>> & {
    readonly inventoryEpoch: number;
  };
  readonly proof: string;
  readonly refused: readonly { readonly why: string; readonly proof: string }[];
}

describe('an identity proof', () => {
  const file = load<ProofFile>('identity-proof');
  const claim = {
    ...file.claim,
    challenge: fromHex(file.claim.challenge),
    storeId: storeId(file.claim.storeId),
  };
  const storeKey = fromHex(file.storeKey);

  it('is what the specification says, byte by byte', () => {
    assert.equal(toHex(signIdentityProof(claim, fromHex(file.seed))), file.proof);
    assert.doesNotThrow(() => verifyIdentityProof(claim, fromHex(file.proof), storeKey));
  });

  for (const { why, proof } of file.refused) {
    it(`refuses one for ${why}`, () => {
      assert.throws(
        () => verifyIdentityProof(claim, fromHex(proof), storeKey),
        (error: unknown) => error instanceof KuraError && error.code === 'refused',
      );
    });
  }
});

interface HandoverFile extends Signed {
  readonly from: string;
  readonly to: string;
  readonly storeId: string;
  readonly issuedMs: number;
}

describe('a handover', () => {
  const file = load<HandoverFile>('handover');
  const check = {
    from: fromHex(file.from),
    to: fromHex(file.to),
    storeId: storeId(file.storeId),
  };
  const handover = {
    storeId: check.storeId,
    coordinatorKey: check.to,
    issuedMs: file.issuedMs,
  };

  it('is what the specification says, byte by byte', () => {
    assert.equal(toHex(signHandover(handover, fromHex(file.seed))), file.signed);
    assert.deepEqual(openHandover(fromHex(file.signed), check), handover);
  });

  refusesAll(file, (signed) => openHandover(signed, check));
});

interface ListFields {
  readonly number: number;
  readonly madeMs: number;
  readonly certificates: readonly string[];
  readonly grants: readonly number[];
  readonly pseudonyms: readonly MemberId[];
}

interface ListFile extends Signed {
  readonly coordinatorKey: string;
  readonly heldNumber: number;
  readonly list: ListFields;
  readonly empty: { readonly list: ListFields; readonly signed: string };
}

describe('a revocation list', () => {
  const file = load<ListFile>('revocations');
  const check = { coordinatorKey: fromHex(file.coordinatorKey), heldNumber: file.heldNumber };

  it('is what the specification says, byte by byte, in whatever order its entries are given', () => {
    const { certificates, grants, ...rest } = file.list;
    const shuffled = {
      ...rest,
      certificates: [...certificates, ...certificates].reverse(),
      grants: [...grants].reverse(),
    };
    assert.equal(toHex(signRevocations(shuffled, fromHex(file.seed))), file.signed);
    assert.equal(toHex(signRevocations(file.empty.list, fromHex(file.seed))), file.empty.signed);
  });

  it('answers for what it names and for nothing else', () => {
    const list = openRevocations(fromHex(file.signed), check);
    assert.equal(list.number, file.list.number);
    for (const serial of file.list.certificates) assert.ok(list.hasCertificate(serial));
    for (const serial of file.list.grants) assert.ok(list.hasGrant(serial));
    for (const name of file.list.pseudonyms) assert.ok(list.hasPseudonym(name));
    assert.ok(!list.hasGrant(1) && !list.hasCertificate('00'.repeat(16)));
    assert.equal(openRevocations(fromHex(file.empty.signed), check).number, file.heldNumber);
  });

  refusesAll(file, (signed) => openRevocations(signed, check));
});
