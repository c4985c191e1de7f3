// Goal: whatever a network does with copies by itself is an event of its signed log, with the set of packs and the
// roots of the copies, told to the member and to nobody else (A8, A16, D13).
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { must, PackIds, toHex } from '@kura/base';
import { readEvents } from '@kura/coordinator/custody/log-events.ts';
import { writeCustodyEvents } from '@kura/coordinator/custody/write-events.ts';
import { NETWORK_SECRET } from '@kura/coordinator/fixtures.ts';
import { readInbox } from '@kura/coordinator/inbox/inbox.ts';
import { anyOf, copySetRoot, parseEvent, ReceiptVerifier, treeHead } from '@kura/log';
import { Stage } from './stage.ts';

const CITIES = ['osaka', 'frankfurt', 'ishikari', 'stockholm'];

describe('copies that move', () => {
  let stage: Stage;
  let program: ReturnType<Stage['program']>;
  before(async () => {
    stage = await Stage.open({ cities: CITIES });
    program = stage.program('one');
  });
  after(() => stage?.close());

  const write = () => writeCustodyEvents(stage.network, (work) => stage.database.transact(work));

  it('A16: a drained store leaves one event for each move, whose roots are those of the copies', async () => {
    const packs = [
      await stage.save(['osaka', 'frankfurt']),
      await stage.save(['osaka', 'frankfurt']),
    ];
    await stage.network.setStoreState(stage.idOf('osaka'), 'draining');
    stage.network.unlock(NETWORK_SECRET);
    await stage.run(program);
    await write();
    await write();
    const of = { rows: stage.rows, memberId: stage.member };
    const events = await readEvents(of, { after: 0, limit: 10 });
    assert.ok(events.length >= 1);
    const moves = await stage.rows
      .selectFrom('moves')
      .selectAll()
      .where('kind', '=', 'add')
      .execute();
    assert.deepEqual(
      events.map(({ subject }) => subject).sort(),
      moves.map((move) => move.move_id).sort(),
    );
    const told = new Set<string>();
    for (const { event, body, subject: moveId } of events) {
      assert.equal(event, 'moved');
      const parsed = parseEvent(body);
      assert.ok(parsed.event === 'moved' && parsed.memberId === stage.member);
      const { subject } = parsed;
      assert.equal(subject.from, stage.idOf('osaka'));
      const copies = await stage.rows
        .selectFrom('copies')
        .selectAll()
        .where('store_id', '=', subject.to.storeId)
        .execute();
      const ids = packs.map(({ packId }) => packId);
      const mine = copies.filter(({ pack_id: id }) => ids.includes(id));
      assert.equal(subject.packCount, mine.length);
      for (const { pack_id: id } of mine) told.add(id);
      const set = must(PackIds.of(mine.map(({ pack_id: id }) => id)), 'each once');
      assert.equal(subject.packSetRoot, toHex(treeHead(set.bytes)));
      const roots = mine.map(({ copy_id: copyId, root }) => ({ copyId, root }));
      assert.equal(subject.to.root, toHex(copySetRoot(roots)));
      assert.equal(
        must(
          moves.find((move) => move.move_id === moveId),
          'its move',
        ).to_store,
        subject.to.storeId,
      );
    }
    assert.equal(told.size, packs.length);
    const logged = await stage.coordinator().events(0, 10);
    assert.deepEqual(
      logged.map(({ receipt }) => receipt.body),
      events.map(({ body }) => body),
    );
    const { origin, publicKey } = stage.network.charter.log;
    const log = { name: origin, publicKey };
    const verifier = new ReceiptVerifier(anyOf(0, { log, witnesses: [] }));
    for (const { receipt } of logged) verifier.verify(receipt);
    const inbox = await readInbox(of, { after: 0, limit: 10 });
    const messages = inbox
      .filter(({ kind }) => kind === 'moved')
      .map(({ body }) => JSON.parse(body));
    assert.deepEqual(
      messages.map(({ number }) => number),
      events.map(({ number }) => number),
    );
  });

  it('A2: copies that were lost with their store and are made anew are told as a repair', async () => {
    const { packId } = await stage.save(['frankfurt', 'ishikari']);
    const of = { rows: stage.rows, memberId: stage.member };
    const known = (await readEvents(of, { after: 0, limit: 100 })).length;
    await stage.network.setStoreState(stage.idOf('ishikari'), 'lost');
    await stage.run(program);
    await write();
    const told = await readEvents(of, { after: known, limit: 100 });
    assert.deepEqual([...new Set(told.map(({ event }) => event))], ['repaired']);
    const cities = await stage.heldAt(packId);
    const to = told.flatMap(({ body }) => {
      const event = parseEvent(body);
      return event.event === 'repaired' ? [stage.cityOf(event.subject.to.storeId)] : [];
    });
    assert.ok(to.length > 0 && to.every((city) => cities.includes(city)));
  });
});
