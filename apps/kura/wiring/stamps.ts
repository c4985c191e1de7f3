// Who can be asked for a timestamp from here, and where stamps are kept: the network's own authority, those of
// agent.toml, and KURA_HOME/stamps.
import { readFileSync } from 'node:fs';
import type { NotariseLock } from '@kura/agent/lock/notarise-lock.ts';
import { judgeLock } from '@kura/agent/lock/open-lock.ts';
import { type AskedAuthority, outsideAuthority } from '@kura/agent/notarise/authorities.ts';
import {
  type KeptStamps,
  keepStamps,
  readStamps,
  stampedHash,
} from '@kura/agent/notarise/kept-stamps.ts';
import { notarise } from '@kura/agent/notarise/notarise.ts';
import type { StoredSnapshot } from '@kura/agent/snapshots/snapshot-store.ts';
import { asKuraError, KuraError, SECOND_MS, type SnapshotId, systemAlarmClock } from '@kura/base';
import { readAuthorities } from '@kura/timestamps';
import { openOutsideClient } from '@kura/wire/outside/outside-client.ts';
import { readAgentConfig } from '../network/agent-config.ts';
import type { StampsPort, StampsView } from '../stamps/port.ts';
import { storedSnapshot } from './look.ts';
import type { OwnHome } from './open.ts';
import type { Session } from './session.ts';

const DEADLINE_MS = 20 * SECOND_MS;

export async function stamps(session: Session): Promise<StampsPort> {
  const place = { ...session.surroundings, homeFolder: session.settings.home };
  return {
    ready: async (approvals) => {
      const { length } = await authoritiesOf(session, await session.own());
      if (length < approvals) throw tooFew(length, approvals);
    },
    add: async (snapshot, approvals) => {
      const home = await session.own();
      const stored = await storedSnapshot(session, snapshot);
      const receipt = await home.coordinator.receipt(stampedId(stored));
      if (receipt === undefined)
        throw new KuraError('not_found', 'it has no receipt to be stamped');
      const authorities = await authoritiesOf(session, home);
      if (authorities.length < approvals) throw tooFew(authorities.length, approvals);
      if (stored.snapshot.lock !== undefined) {
        return await addToLock({ session, home, stored, receipt, authorities, approvals });
      }
      const { random } = session.surroundings;
      const { stamps: given, failures } = await notarise(receipt, authorities, {
        ...{ approvals, random },
      });
      const kept = { approvals, receipt, stamps: given };
      await keepStamps(place, snapshot, kept);
      return viewOf(snapshot, kept, failures);
    },
    show: async (snapshot) => {
      const stored = await storedSnapshot(session, snapshot);
      const isLocked = stored.snapshot.lock !== undefined;
      return viewOf(snapshot, isLocked ? judgeLock(stored) : readStamps(place, snapshot));
    },
    carry: async (snapshot) => {
      const { carryShare } = await import('./locks.ts');
      await carryShare(await session.own(), await storedSnapshot(session, snapshot));
    },
  };
}

/** Of a lock the first record, whatever tags it was given since: that is the one that its packs were saved with. */
function stampedId({ id, snapshot }: StoredSnapshot): SnapshotId {
  return snapshot.lock === undefined ? id : (snapshot.original ?? id);
}

interface AddToLock extends Omit<NotariseLock, 'notaryKey'> {
  readonly session: Session;
  readonly home: OwnHome;
}

/** The record with the stamps takes the place of the one without; it has another id. */
async function addToLock({ session, home, ...lock }: AddToLock): Promise<StampsView> {
  if (lock.stored.snapshot.lock?.seal !== undefined) {
    throw new KuraError('already_exists', 'its lock was closed with the stamps that it has', {
      guidance: 'See them with kura stamps show.',
    });
  }
  const { notariseLock } = await import('@kura/agent/lock/notarise-lock.ts');
  const { notaryKeyOf } = await import('./locks.ts');
  const reading = await session.reading();
  const carryTerm = await (await import('./rewrite.ts')).termCarrier(session);
  const ports = { ...home, lines: session.lines(), reading, carryTerm };
  const notaryKey = await notaryKeyOf(home);
  const { snapshotId, kept, failures } = await notariseLock({ ...lock, notaryKey }, ports);
  await session.forgetReading();
  return viewOf(snapshotId, kept, failures);
}

function viewOf(
  snapshotId: SnapshotId,
  { approvals, receipt, stamps: all }: KeptStamps,
  failures: ReadonlyMap<string, string> = new Map(),
): StampsView {
  return {
    ...{ snapshotId, approvals, imprint: stampedHash(receipt) },
    failures: [...failures].map(([name, why]) => ({ name, why })),
    stamps: all.map(({ name, timestamp }) => ({
      ...{ name, timeMs: timestamp.timeMs, accuracyMs: timestamp.accuracyMs },
      authority: timestamp.authority.subject.replaceAll('\n', ', '),
    })),
  };
}

async function authoritiesOf(session: Session, home: OwnHome): Promise<readonly AskedAuthority[]> {
  const { home: homeFolder, environment } = session.settings;
  const { disk } = session.surroundings;
  const config = await readAgentConfig({ disk, homeFolder }, environment);
  const own =
    home.kind === 'service'
      ? [
          {
            name: 'the network',
            certificates: readAuthorities(home.files.network().rootPem),
            ask: (request: Uint8Array) => home.coordinator.timestamp(request),
          },
        ]
      : [];
  return [...own, ...config.timestampAuthorities.map((line) => outside(session, line))];
}

/** "https://ADDRESS FILE.pem" */
function outside(session: Session, line: string): AskedAuthority {
  const [address = '', file = '', ...more] = line.trim().split(/\s+/);
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || file === '' || more.length > 0 || !/^https?:$/.test(url.protocol)) {
    throw new KuraError('usage', `agent.toml: "${line}" names no timestamp authority`, {
      guidance:
        'Write "https://ADDRESS FILE.pem", where FILE.pem has the certificate of its authority.',
    });
  }
  const client = openOutsideClient({
    ...{ connections: 1, deadlineMs: DEADLINE_MS, clock: systemAlarmClock },
  });
  session.onClose(() => client.close());
  return outsideAuthority({ url, certificates: readAuthorities(read(file)) }, client);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw asKuraError(error, `${file}, which agent.toml names, cannot be read`);
  }
}

function tooFew(there: number, approvals: number): KuraError {
  return new KuraError(
    'usage',
    `the number of approvals asked for is ${approvals}, that of authorities known ${there}`,
    {
      guidance: 'Name some in agent.toml: [timestamps] authorities = ["https://ADDRESS FILE.pem"]',
    },
  );
}
