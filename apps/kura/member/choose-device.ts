// Which of a member's devices somebody means, and what there is to say of one.
import { KuraError } from '@kura/base';
import { placeJson } from '../commands/show.ts';
import { timeJson } from '../operator/values.ts';
import type { DeviceView } from './port.ts';

/** Characters of an id that are taken for one. */
const MIN_ID = 4;

/** By its name, or by how its id begins; undefined: the device that asks. Throws `not_found`. */
export function chosen(named: string | undefined, devices: readonly DeviceView[]): DeviceView {
  const living = devices.filter(({ revokedMs }) => revokedMs === undefined);
  const found = living.filter(({ deviceId, name, kind, isThis }) =>
    named === undefined
      ? isThis && kind === 'device'
      : name === named || (named.length >= MIN_ID && deviceId.startsWith(named)),
  );
  const [device, ...others] = found;
  if (device !== undefined && others.length === 0) return device;
  const what = device === undefined ? 'no device is' : 'several devices are';
  throw new KuraError('not_found', `${what} called "${named}"`, {
    guidance: 'See `kura devices`; the beginning of an id does as well.',
  });
}

export function deviceJson({ deviceId, place, addedMs, revokedMs, ...device }: DeviceView) {
  const { kind, name, isThis } = device;
  return {
    ...{ device: deviceId, kind, name, place: place === undefined ? null : placeJson(place) },
    ...{ added: timeJson(addedMs), removed: timeJson(revokedMs), this: isThis },
  };
}
