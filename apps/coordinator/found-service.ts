// Founds a service: a network of many members, with secrets and an authority of its own. Its first operator is let
// in by a token that only the founder sees.
import {
  type Clock,
  KuraError,
  MAX_COPIES,
  type MemberId,
  memberId,
  type NetworkShape,
  type Random,
  toHex,
} from '@kura/base';
import { type Authority, foundAuthority, type Token } from '@kura/certificates';
import { transact } from '@kura/database';
import { newLoginSetup } from './accounts/opaque.ts';
import { sealSetup } from './authority/sealed-setup.ts';
import { serviceKeys } from './authority/service-keys.ts';
import { makeToken } from './authority/tokens.ts';
import { logOrigin, logSigner } from './custody/log-key.ts';
import type { CoordinatorDatabase } from './db/tables.ts';
import { ensureFirstPlans } from './members/plans.ts';

export interface ServiceFounding {
  /** Open, with all its migrations. */
  readonly database: CoordinatorDatabase;
  readonly clock: Clock;
  readonly random: Random;
  readonly shape: NetworkShape;
  readonly copies: number;
  readonly removalDelayMs: number;
  /** 32 random bytes; durable before this is called, for nothing is signed without it. */
  readonly networkSecret: Uint8Array;
  /** Name of the first operator. */
  readonly operator: string;
}

const ID_BYTES = 16;

export function newNetworkId(random: Random): MemberId {
  return memberId(toHex(random.bytes(ID_BYTES)));
}

/** The network's own authority; an operator who has one uses that instead. */
export function authorityOf(
  networkId: MemberId,
  surroundings: { readonly clock: Clock; readonly random: Random },
): Authority {
  const { clock, random } = surroundings;
  return foundAuthority(networkId, { nowMs: clock.nowMs(), random });
}

/** The token of the first operator. Throws `already_exists`, `usage`. */
export async function foundService(networkId: MemberId, founding: ServiceFounding): Promise<Token> {
  const { database, clock, random, networkSecret, shape, copies, removalDelayMs } = founding;
  if (!Number.isInteger(copies) || copies < 1 || copies > MAX_COPIES) {
    throw new KuraError('usage', `${copies} is no number of copies`, {
      guidance: `Between 1 and ${MAX_COPIES} copies are possible; at least 2 are safe.`,
    });
  }
  const signer = logSigner(networkSecret, logOrigin(networkId, 'service'));
  const setup = await newLoginSetup();
  const sealed = sealSetup(setup, serviceKeys(networkSecret).loginSetupKey, random);
  return transact(database, async (rows) => {
    const there = await rows.selectFrom('network').select('number').executeTakeFirst();
    if (there !== undefined) {
      throw new KuraError('already_exists', 'there is a network in these tables already');
    }
    await rows
      .insertInto('network')
      .values({
        number: 1,
        kind: 'service',
        member_id: networkId,
        shape: JSON.stringify(shape),
        copies,
        removal_delay_ms: removalDelayMs,
        log_origin: signer.origin,
        log_public_key: signer.publicKey,
        ticks: 0,
        stores_tick: 0,
        login_setup: sealed,
      })
      .execute();
    await ensureFirstPlans(rows);
    return makeToken(rows, {
      purpose: 'operator',
      details: { operator: founding.operator },
      madeBy: 'founding',
      nowMs: clock.nowMs(),
      random,
    });
  });
}
