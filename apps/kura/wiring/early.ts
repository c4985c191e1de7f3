// The look at what was handed over, as `backup` and `check` take it: nothing is loaded or asked for where there is
// nothing to look at.
import type { EarlyPorts, SessionState } from '@kura/agent/early/look-early.ts';
import type { SessionId, SnapshotId } from '@kura/base';
import type { EarlyView } from '../commands/views.ts';
import { cityName, storeOf } from './network-view.ts';
import type { Session } from './session.ts';

/** 32 windows: what a backup reads of earlier ones by the way. `check` looks at everything. */
const BY_THE_WAY_BYTES = 8 * 1024 * 1024;
/** Of the journal: the newest, as many as there are in one answer. */
const MAX_SESSIONS = 1000;

export interface EarlyRequest {
  readonly maxBytes: number;
  readonly accepts: boolean;
  /** Just handed over: there is nothing to see yet. */
  readonly except?: SnapshotId;
}

/** After a backup; `own` is the one that it has just made. */
export function lookByTheWay(session: Session, own: SnapshotId): Promise<readonly EarlyView[]> {
  return lookEarlyNow(session, { maxBytes: BY_THE_WAY_BYTES, accepts: false, except: own });
}

export async function lookEarlyNow(
  session: Session,
  { except, ...options }: EarlyRequest,
): Promise<readonly EarlyView[]> {
  const network = await session.own();
  if (network.kind === 'embedded' || network.disk.stat(network.home.earlyFolder) === undefined)
    return [];
  const [{ earlyBackups }, { lookEarly }, { serviceNotes }] = await Promise.all([
    import('@kura/agent/early/early-backups.ts'),
    import('@kura/agent/early/look-early.ts'),
    import('@kura/agent/check/note-copy.ts'),
  ]);
  const { warn } = session.settings;
  const kept = earlyBackups(network, (path) => warn(`${path} is damaged: remove it`));
  const wanted = kept.filter(({ snapshotId }) => snapshotId !== except);
  if (wanted.length === 0) return [];
  const entries = await network.coordinator.journal(MAX_SESSIONS);
  const outcomeOf = async (id: SessionId): Promise<SessionState> => {
    const outcome = entries.find(({ sessionId }) => sessionId === id)?.outcome;
    return outcome === 'abandoned' ? 'failed' : (outcome ?? 'unknown');
  };
  const ports: EarlyPorts = { ...network, noteCopy: serviceNotes(network.coordinator), outcomeOf };
  const nameOf = (storeId: Parameters<typeof storeOf>[1]): string => {
    const store = storeOf(network.network, storeId);
    return store === undefined ? storeId : cityName(store.identity.place.city);
  };
  return (await lookEarly(wanted, options, ports)).map(({ faults, away, ...look }) => ({
    ...look,
    faults: faults.map(({ packId, storeId, why }) => ({
      ...{ packId, storeId, why },
      cityName: storeId === undefined ? undefined : nameOf(storeId),
    })),
    awayCities: away.map(nameOf),
  }));
}
