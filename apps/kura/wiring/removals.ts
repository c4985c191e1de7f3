// Removals of this member: over the tables of its own network, or over a connection of its own to a network of others.
import { replaceSnapshot } from '@kura/agent/snapshots/replace-snapshot.ts';
import type { SnapshotId } from '@kura/base';
import {
  MAX_FORGET_SNAPSHOTS,
  signClosingConsent,
  signClosingWithdrawal,
  signForgetOrder,
} from '@kura/contract';
import type { RemovalsDesk, RemovalsPort } from '../removals/port.ts';
import { connectFor } from './member-service.ts';
import type { OwnHome } from './open.ts';
import type { Session } from './session.ts';

export async function removals(session: Session): Promise<RemovalsDesk> {
  const home = await session.own();
  const port = await openPort(session, home);
  const { keys } = home;
  return {
    list: (limit) => port.list(limit),
    revoke: (id) => port.revoke(id),
    endTerm: (id) => port.endTerm(id),
    closings: (limit) => port.closings(limit),
    consent: async (days, timeMs) => {
      const { memberId, ownerSeed } = keys;
      await port.consent(signClosingConsent({ memberId, days, timeMs }, ownerSeed));
    },
    withdraw: async (nowMs) => {
      const { consent } = await port.closings(1);
      // Also on a clock that is behind: it is that consent that is taken back.
      const timeMs = Math.max(nowMs, consent?.signedMs ?? 0);
      const { memberId, ownerSeed } = keys;
      await port.withdraw(signClosingWithdrawal({ memberId, timeMs }, ownerSeed));
    },
    recall: (id) => recall(session, port, id),
    setTerm: async (ids, endMs) => {
      for (let at = 0; at < ids.length; at += MAX_FORGET_SNAPSHOTS) {
        const snapshots = ids.slice(at, at + MAX_FORGET_SNAPSHOTS);
        const order = { memberId: keys.memberId, timeMs: endMs, snapshots };
        await port.setTerm(signForgetOrder(order, keys.ownerSeed));
      }
    },
  };
}

async function openPort(session: Session, home: OwnHome): Promise<RemovalsPort> {
  if (home.kind === 'embedded') {
    const { localRemovals } = await import('../removals/local-removals.ts');
    return localRemovals(home.coordinator.entire);
  }
  const { remoteRemovals } = await import('../removals/remote-removals.ts');
  return remoteRemovals(await connectFor(session, home.access));
}

/**
 * A forgotten id stays forgotten, as its order says: the same tree gets a new record, and only then is what was kept of
 * the old head given up.
 */
async function recall(session: Session, port: RemovalsPort, id: SnapshotId): Promise<SnapshotId> {
  const head = await port.makeWayBack(id);
  await session.forgetReading();
  const home = await session.own();
  const reading = await session.reading();
  const stored = await reading.snapshots.read(head);
  const lines = session.lines();
  const anew = await replaceSnapshot(
    stored,
    { tags: stored.snapshot.tags },
    { ...home, lines, reading },
  );
  await session.forgetReading();
  return anew;
}
