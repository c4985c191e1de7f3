import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { equalBytes, KuraError, type MemberId } from '@kura/base';
import { ed25519PublicKey, signAdmission } from '@kura/contract';
import { MemoryDisk, Surroundings } from '@kura/testing';
import { FiledOwners } from './filed-owners.ts';
import { MemoryOwners } from './owners.ts';

const FOLDER = '/state/members';

class Desk {
  readonly around = new Surroundings(7);
  readonly disk = new MemoryDisk({ clock: this.around.clock });
  readonly storeId = this.around.newStoreId();
  readonly own = new MemoryOwners(
    new Map([[this.around.bob.member, ed25519PublicKey(this.around.bob.seed)]]),
  );

  constructor() {
    for (const folder of [FOLDER, '/state/incoming']) this.disk.makeFolder(folder);
  }

  open(): FiledOwners {
    const { disk, storeId, own } = this;
    const { random, coordinatorKey } = this.around;
    const place = { disk, incoming: '/state/incoming', processId: 1, random };
    return new FiledOwners({ disk, folder: FOLDER, storeId, coordinatorKey, place, own });
  }

  admission(member: MemberId, change: { seed?: Uint8Array; by?: Uint8Array } = {}): Uint8Array {
    const { alice, coordinatorSeed } = this.around;
    const ownerKey = ed25519PublicKey(change.seed ?? alice.seed);
    const fields = { storeId: this.storeId, pseudonym: member, ownerKey, issuedMs: 1 };
    return signAdmission(fields, change.by ?? coordinatorSeed);
  }

  pathOf(member: MemberId): string {
    return `${FOLDER}/${member.slice(0, 2)}/${member}`;
  }
}

const isRefused = (error: unknown): boolean =>
  error instanceof KuraError && error.code === 'refused';

describe('filed owners', () => {
  test('an admission outlives the process, and adopted owners count as well', async () => {
    const desk = new Desk();
    const { alice, bob, stranger } = desk.around;
    await desk.open().file(alice.member, desk.admission(alice.member));
    await desk.open().file(alice.member, desk.admission(alice.member));
    const owners = desk.open();
    const key = owners.keyOf(alice.member) ?? new Uint8Array();
    assert.ok(equalBytes(key, ed25519PublicKey(alice.seed)));
    assert.ok(owners.keyOf(bob.member) !== undefined);
    assert.equal(owners.keyOf(stranger.member), undefined);
    const names = [...owners.entries()].map(([member]) => member);
    assert.deepEqual(names, [bob.member, alice.member]);
  });

  test('B2: an owner key is never exchanged for another, filed or adopted', async () => {
    const desk = new Desk();
    const { alice, bob, stranger } = desk.around;
    const owners = desk.open();
    await owners.file(alice.member, desk.admission(alice.member));
    const { seed } = stranger;
    for (const { member } of [alice, bob]) {
      await assert.rejects(owners.file(member, desk.admission(member, { seed })), isRefused);
      await assert.rejects(desk.open().file(member, desk.admission(member, { seed })), isRefused);
    }
    const key = desk.open().keyOf(alice.member) ?? new Uint8Array();
    assert.ok(equalBytes(key, ed25519PublicKey(alice.seed)));
  });

  test('A14: only the coordinator admits, each by name', async () => {
    const desk = new Desk();
    const { alice, stranger } = desk.around;
    const owners = desk.open();
    const forged = desk.admission(alice.member, { by: stranger.seed });
    await assert.rejects(owners.file(alice.member, forged), isRefused);
    const others = desk.admission(stranger.member);
    await assert.rejects(owners.file(alice.member, others), isRefused);
    await assert.rejects(owners.admit(alice.member, ed25519PublicKey(alice.seed)), isRefused);
    assert.deepEqual(desk.disk.list(FOLDER), []);
  });

  test('a file that was exchanged or forged on the disk admits nobody', async () => {
    const desk = new Desk();
    const { alice, stranger } = desk.around;
    await desk.open().file(stranger.member, desk.admission(stranger.member));
    desk.disk.makeFolder(`${FOLDER}/${alice.member.slice(0, 2)}`);
    desk.disk.link(desk.pathOf(stranger.member), desk.pathOf(alice.member));
    assert.throws(() => desk.open().keyOf(alice.member), isRefused);
    desk.disk.flip(desk.pathOf(stranger.member), 40);
    assert.throws(() => desk.open().keyOf(stranger.member), isRefused);
  });
});
