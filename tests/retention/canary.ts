// Rules that lack one of the guards: if an attack does not find each of them, the battery proves nothing.
import { UTC } from '@kura/agent/retention/calendar.ts';
import { applyGuarded } from '@kura/agent/retention/guarded-policy.ts';
import { applyPolicy, groupSnapshots } from '@kura/agent/retention/policy.ts';
import { must } from '@kura/base';
import { type History, type Snapshot, THIEF } from './history.ts';
import { guarded, type Keeping, nameOf } from './trial.ts';

type Change = (snapshot: Snapshot) => Snapshot;

const changed =
  (change: Change): Keeping =>
  (history) =>
    guarded({ ...history, snapshots: history.snapshots.map(change) });

/** restic's rules over what the records say. */
const byDeviceTime: Keeping = ({ snapshots, policy }: History) => {
  const groups = groupSnapshots(snapshots, ['host', 'paths']);
  const kept = groups
    .flatMap((group) => applyPolicy(group, policy, UTC))
    .filter(({ keep }) => keep);
  return new Set(kept.map(({ snapshot }) => nameOf(snapshot)));
};

/** One device is as good as another. */
const anyDevice: Keeping = ({ snapshots, policy, delayMs }) => {
  const own = new Map<object, Snapshot>();
  const asOne = snapshots.map((snapshot) => {
    const one = { ...snapshot, deviceId: THIEF };
    own.set(one, snapshot);
    return one;
  });
  const guard = { calendar: UTC, delayMs };
  const verdicts = groupSnapshots(asOne, ['host', 'paths']).flatMap((group) =>
    applyGuarded(group, policy, guard),
  );
  const kept = verdicts.filter(({ keep }) => keep);
  return new Set(kept.map(({ snapshot }) => nameOf(must(own.get(snapshot), 'one of them'))));
};

export const CANARIES: Readonly<Record<string, Keeping>> = {
  'times of the records': byDeviceTime,
  'no delay': (history) => guarded({ ...history, delayMs: 0 }),
  'one clock': changed((snapshot) => ({ ...snapshot, timeMs: snapshot.loggedMs ?? 0 })),
  'any device': anyDevice,
};
