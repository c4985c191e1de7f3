// Goal: over the wire, against the programs themselves: a copy that decays at a store on a real disk becomes a
// verdict, the member has its evidence, opens it offline, and is told; nobody else sees it (rows A11, A12, A13).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type KuraError, must, SMALL_SHAPE as shape } from '@kura/base';
import { formatEvidenceFile, openEvidenceFile } from '@kura/contract/evidence/index.ts';
import { ACCOUNT_ENDPOINTS } from '@kura/contract/wire/endpoints/account.ts';
import { INCIDENT_ENDPOINTS as INCIDENTS } from '@kura/contract/wire/endpoints/incidents.ts';
import { describeEnd, type Ended, runKura } from '../real/kura.ts';
import { type Agent, newPack, send } from './packs.ts';
import { SmallService, type StoreOfService } from './small-service.ts';

const isCode = (code: KuraError['code']) => (error: unknown) =>
  (error as KuraError).code === code || assert.fail(String(error));

describe('incidents over the wire', () => {
  let service: SmallService;
  let agent: Agent;

  before(async () => {
    service = await SmallService.start(['osaka', 'frankfurt', 'seoul']);
    agent = service.agent(await service.join());
  });
  after(() => service.close());

  const incidents = async (of: Agent) =>
    (await of.coordinator.call(INCIDENTS.incidents, { query: { limit: 10, id: undefined } }))
      .incidents;

  async function judged(of: Agent) {
    for (;;) {
      const [incident] = await incidents(of);
      if (incident?.state === 'judged') return incident;
      await setImmediate();
    }
  }

  test('A11, A12: a leaf that rots is healed by its store, judged, and its place recorded', async () => {
    const record = await send(agent, newPack(2));
    const session = await agent.tables.beginSession('backup');
    await agent.tables.recordPacks(session, [record]);
    await agent.tables.endSession(session);
    const { storeId, copyId } = must(record.copies[0], 'a copy').acknowledgement;
    const { folder } = must(
      service.stores.find((one) => one.storeId === storeId),
      'a store of the service',
    );
    const path = `${folder}/shelf/copies/${copyId.slice(0, 2)}/${copyId}`;
    const file = fs.openSync(path, 'r+');
    fs.writeSync(file, Buffer.alloc(100, 0xa5), 0, 100, 2 * shape.leafBytes);
    fs.closeSync(file);
    await agent.tables.reportFault(record.packId, storeId, 'a leaf is not what it should be');
    const incident = await judged(agent);
    assert.equal(incident.verdict, 'decay');
    assert.equal(incident.storeId, storeId);

    const params = { incident: incident.incidentId };
    let view = await agent.coordinator.call(INCIDENTS.incidentEvidence, { params });
    while (view.event === undefined) {
      await setImmediate();
      view = await agent.coordinator.call(INCIDENTS.incidentEvidence, { params });
    }
    const { verdict, bundle, event } = openEvidenceFile(formatEvidenceFile(view));
    assert.equal(verdict.kind, 'decay');
    assert.equal(bundle.copyId, copyId);
    assert.equal(event?.record.kind, 'event');
    assert.deepEqual(
      verdict.places.map(({ firstLeaf, leaves, blocks }) => [firstLeaf, leaves, blocks]),
      [[2, 1, 1]],
    );
    const { packId } = record;
    const row = await agent.tables.pack(packId);
    assert.ok(row?.copies.every(({ state }) => state === 'held'));

    const stranger = service.agent(await service.join());
    assert.deepEqual(await incidents(stranger), []);
    const foreign = stranger.coordinator.call(INCIDENTS.incidentEvidence, { params });
    await assert.rejects(foreign, isCode('not_found'));
    const body = { text: 'it was not us' };
    const own = agent.coordinator.call(INCIDENTS.answerIncident, { params, body });
    await assert.rejects(own, isCode('refused'));
  });

  test('A13: the member finds it in the inbox, in words', async () => {
    const query = { limit: 100, after: 0 };
    const { messages } = await agent.coordinator.call(ACCOUNT_ENDPOINTS.inbox, { query });
    const told = messages.filter(({ kind }) => kind === 'incident');
    assert.equal(told.length, 1);
    const facts = JSON.parse(must(told[0], 'a message').body) as Record<string, unknown>;
    assert.match(String(facts.message), /had decayed, as disks do with time/);
    assert.match(String(facts.message_ja), /劣化/);
  });

  test('A13: the accused store answers with its own certificate, once, and only to its own', async () => {
    const [incident] = await incidents(agent);
    const { incidentId, storeId } = must(incident, 'an incident');
    const fileOf = (one: StoreOfService): string => {
      const file = `${one.folder}/store.toml`;
      const store =
        'kind = "strict"\nplace = "osaka"\nline_mbit = 100\ncapacity_gib = 1\noperator = "x"';
      const head = `role = "store"\nstate = "${one.folder}/state"`;
      const shelf = `[shelf]\npath = "${one.folder}/shelf"`;
      const health = '[health]\naddress = "127.0.0.1:0"';
      fs.writeFileSync(file, `${head}\n${shelf}\n[store]\n${store}\n${health}\n`);
      return file;
    };
    const as = (isAccused: boolean): string =>
      fileOf(
        must(
          service.stores.find((one) => (one.storeId === storeId) === isAccused),
          'a store',
        ),
      );
    const kura = (...argv: string[]): Promise<Ended> =>
      runKura(['incidents', ...argv], { home: `${service.folder}/nobody` });
    const id = incidentId.slice(0, 8);
    const others = await kura('answer', id, 'it was the other one', '--store', as(false));
    assert.match(others.err, /there is no incident/, describeEnd(others));
    const own = await kura('answer', id, 'the disk was replaced', '--store', as(true));
    assert.equal(own.code, 0, describeEnd(own));
    const again = await kura('answer', id, 'or maybe not', '--store', as(true));
    assert.match(again.err, /an answer stays as it is/, describeEnd(again));
    const [answered] = await incidents(agent);
    assert.equal(answered?.answer?.text, 'the disk was replaced');
  });
});
