// Goal: the programs of a store do not care whether its shelf is a folder or a bucket. A gateway puts a copy in over
// TLS, a card reads it at the reader, also after a restart; the store's key never lies in the bucket.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import { describe, test } from 'node:test';
import {
  systemAlarmClock as clock,
  equalBytes,
  must,
  systemRandom as random,
  SMALL_SHAPE,
  toHex,
} from '@kura/base';
import { newRequest, selfMade } from '@kura/certificates';
import { keyHashOf } from '@kura/certificates/trust.ts';
import { ed25519PublicKey, grantWord, signAdmission, signGrant } from '@kura/contract';
import { READER_ENDPOINTS } from '@kura/contract/wire/endpoints/reader.ts';
import { STORE_ENDPOINTS } from '@kura/contract/wire/endpoints/store.ts';
import { packBytes, Surroundings } from '@kura/testing';
import { openClient } from '@kura/wire';
import { readWhole } from '@kura/wire/body.ts';
import { StorePlace } from '../network/store-place.ts';
import { newPlace, SKIPPED, shelfSettings } from './server.ts';

describe('programs of a store in a bucket', { skip: SKIPPED }, () => {
  test('B3, A17: a copy goes in by a gateway and comes out by a grant, also after a restart', async () => {
    const folder = fs.mkdtempSync(`${os.tmpdir()}/kura-bucket-`);
    const name = `kura-${toHex(random.bytes(8))}`;
    const place = new StorePlace('card-readable', shelfSettings(folder, name));
    const around = new Surroundings(5);
    const { alice } = around;
    const pseudonym = alice.member;
    const copy = around.newCopyId();
    const bytes = around.random.bytes(packBytes(SMALL_SHAPE, 2));
    try {
      await place.found();
      const { storeId } = place.identity;
      const first = await place.startStore();
      const gateway = openClient({
        addresses: [must(first.address, 'it listens inwards')],
        identity: place.authority.gateway(),
        trust: place.authority.trusts('store'),
        ...{ clock, random },
      });
      const ownerKey = ed25519PublicKey(alice.seed);
      const fields = { storeId, pseudonym, ownerKey, issuedMs: 1 };
      const admission = signAdmission(fields, place.coordinatorSeed);
      await gateway.call(STORE_ENDPOINTS.admitMember, {
        params: { pseudonym },
        body: { admission },
      });
      const put = { params: { copy }, query: { member: pseudonym }, body: { bytes } };
      const { acknowledgement } = await gateway.call(STORE_ENDPOINTS.receiveCopy, put);
      await first.stop(0);
      gateway.close();
      await place.startStore();

      const reader = must((await place.startReader()).address, 'it listens');
      const { keyPem } = newRequest(random);
      const certificatePem = selfMade(keyPem, clock.nowMs());
      const keyHash = keyHashOf(new X509Certificate(certificatePem));
      const grant = signGrant(
        { serial: 1, storeId, pseudonym, keyHash, issuedMs: 1 },
        place.coordinatorSeed,
      );
      const card = openClient({
        addresses: [reader],
        identity: { keyPem, certificatePem },
        trust: () => undefined,
        ...{ clock, random },
      });
      const leaves = await card.call(READER_ENDPOINTS.readLeaves, {
        params: { copy },
        query: { first: 0, count: acknowledgement.leafCount, table: undefined },
        authorization: `Kura ${grantWord(grant)}`,
      });
      assert.ok(equalBytes(await readWhole(leaves), bytes));
      card.close();

      const { bucket, client } = newPlace({ name });
      const names = await Array.fromAsync(bucket.list(''), ({ key }) => key);
      assert.deepEqual(names, [`copies/${copy.slice(0, 2)}/${copy}`, 'kura-store.json']);
      client.close();
    } finally {
      await place.close();
      fs.rmSync(folder, { recursive: true });
    }
  });
});
