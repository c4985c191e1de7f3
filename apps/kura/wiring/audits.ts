// Audits of an embedded network, whose auditor and stores are in this process; and those of a network of others,
// over a connection of the member's own.
import { auditMine as auditOwnCopies } from '@kura/agent/audit/audit-mine.ts';
import { must, toHex } from '@kura/base';
import { embeddedCopyKeys } from '@kura/coordinator';
import type { AuditFigures } from '@kura/coordinator/audit/auditor-parts.ts';
import { auditSecretOf } from '@kura/coordinator/audit/plan/seeds.ts';
import { runAuditsDue } from '@kura/coordinator/audit/run-due.ts';
import { Leases } from '@kura/coordinator/leases/leases.ts';
import type { AuditPort } from '../audit/port.ts';
import type { OwnAuditView } from '../commands/views.ts';
import { notePresence } from '../embedded/open-network.ts';
import { noteCopyOf } from './care.ts';
import { judgeIncidents } from './incidents.ts';
import { memberService } from './member-service.ts';
import { storeOf, storeView } from './network-view.ts';
import type { Session } from './session.ts';

const HOLDER_BYTES = 16;

/** Throws `unsupported` in a network of others, `busy` while another process audits. */
export async function runAudits(session: Session, isWholeRound: boolean): Promise<AuditFigures> {
  const network = await session.embedded();
  await notePresence(network);
  const { coordinator, stores, keys, native } = network;
  const { entire } = coordinator;
  const { progress, warn } = session.settings;
  const holder = toHex(network.random.bytes(HOLDER_BYTES));
  const leases = new Leases({ database: entire.database, holder });
  const secret = keys.embeddedNetworkSecret;
  try {
    const figures = await runAuditsDue({
      ...{ network: entire, leases, stores, native, isWholeRound },
      audited: (storeId) => stores.get(storeId),
      keys: embeddedCopyKeys(secret),
      auditSecret: auditSecretOf(secret),
      onFault: (_, why) => warn(why),
      onPass: async ({ compared, readInFull, lineBytes }) => {
        session.stopIfAsked();
        progress.update({
          ...{ phase: 'auditing', filesDone: compared + readInFull, bytesDone: lineBytes },
        });
      },
    });
    await judgeIncidents(session);
    return figures;
  } finally {
    progress.finish();
    await leases.giveBack();
  }
}

/** Random places of the member's own copies, asked of each store by this process. */
export async function auditMine(session: Session, places: number): Promise<OwnAuditView> {
  const network = await session.own();
  const { progress } = session.settings;
  try {
    const audits = await auditOwnCopies(places, {
      ...network,
      noteCopy: noteCopyOf(network),
      onProgress: (done, total) => {
        session.stopIfAsked();
        progress.update({ phase: 'auditing', filesDone: done, filesTotal: total, bytesDone: 0 });
      },
    });
    const stores = audits.map(({ storeId, faults, away, ...answers }) => {
      const store = must(storeOf(network.network, storeId), 'a store of the network');
      const whys = faults.map(({ why }) => why);
      return { store: storeView(store), ...answers, faults: whys, away };
    });
    return { stores };
  } finally {
    progress.finish();
  }
}

/** Of a member of a network of others. */
export async function audits(session: Session): Promise<AuditPort> {
  const { memberAudits } = await import('../audit/remote-audits.ts');
  return memberAudits(await memberService(session));
}
