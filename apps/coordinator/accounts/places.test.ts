// Goal: a member says where a device is, sees it, and takes it back; a card has no place, a stranger's device is not
// there, and a device that moves all the time makes no network carry packs for it (A5, A9, R32).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, type DeviceId, must } from '@kura/base';
import { ACCOUNT_ENDPOINTS } from '@kura/contract/wire/endpoints/account.ts';
import { refusal } from '../fixtures.ts';
import { findCity, homeOf } from '../placement/cities.ts';
import { TestMember, TestService } from '../test-service.ts';
import { accountHandlers } from './handlers.ts';

const { devices, placeDevice, clearDevicePlace, removeDevice } = ACCOUNT_ENDPOINTS;
const placeIn = (city: string) => homeOf(findCity(city));

test('A5, A9: a place is stated, shown, taken back, and gone with its device', async (context) => {
  const service = await TestService.found(context);
  await service.serve(ACCOUNT_ENDPOINTS, accountHandlers(service.service));
  const joined = async (name: string) => {
    const member = new TestMember(service, name);
    return service.client(await member.join(await service.token('member', { planId: 'basic' })));
  };
  const [owner, stranger] = [await joined('grace'), await joined('mallory')];
  const listed = async () => (await owner.call(devices, {})).devices;
  const idOf = async (kind: string): Promise<DeviceId> =>
    must(
      (await listed()).find((one) => one.kind === kind),
      kind,
    ).deviceId;
  const device = await idOf('device');
  const place = (city: string, id = device, client = owner) =>
    client.call(placeDevice, { params: { device: id }, body: placeIn(city) });
  const placeNow = async () => (await listed()).find(({ deviceId }) => deviceId === device)?.place;

  assert.equal(await placeNow(), undefined, 'at home, as far as anybody has said');
  await place('osaka');
  await place('osaka');
  assert.deepEqual(await placeNow(), placeIn('osaka'));
  await owner.call(clearDevicePlace, { params: { device } });
  assert.equal(await placeNow(), undefined);
  await assert.rejects(place('seoul'), refusal('busy', /place changes at most 2 times a day/));
  service.clock.now += DAY_MS;
  await place('seoul');
  assert.deepEqual(await placeNow(), placeIn('seoul'));

  await assert.rejects(place('paris', device, stranger), refusal('not_found'));
  await assert.rejects(place('paris', await idOf('card')), refusal('usage', /card saves nothing/));
  await owner.call(removeDevice, { params: { device } });
  const rows = await service.rows.selectFrom('device_places').selectAll().execute();
  assert.deepEqual(rows, []);
});
