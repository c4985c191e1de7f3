// The port of audits over the tables of an embedded network, whose owner is its operator. No passphrase is needed:
// nothing here is sealed.
import { homePaths } from '@kura/agent/home.ts';
import { type Clock, KuraError, type StoreId, systemRandom } from '@kura/base';
import type {
  AuditFindingView,
  AuditSeedView,
  AuditStatusView,
} from '@kura/contract/wire/endpoints/audit.ts';
import { setBound } from '@kura/coordinator/audit/bounds.ts';
import { hasten } from '@kura/coordinator/audit/calendar.ts';
import { viewAudits, viewFindings } from '@kura/coordinator/audit/views.ts';
import type { Network } from '@kura/coordinator/network.ts';
import { openNetworkTables } from '@kura/coordinator/open.ts';
import { transact } from '@kura/database';
import type { AuditPort } from './port.ts';

export class LocalAudits implements AuditPort {
  readonly #network: Network;

  private constructor(network: Network) {
    this.#network = network;
  }

  /** Throws `no_network` if none is in this home. */
  static async open(homeFolder: string, clock: Clock): Promise<LocalAudits> {
    const { database } = homePaths(homeFolder);
    return new LocalAudits(await openNetworkTables({ database, clock, random: systemRandom }));
  }

  close(): void {
    this.#network.close();
  }

  status(): Promise<AuditStatusView> {
    const { database, clock, charter } = this.#network;
    const looking = { nowMs: clock.nowMs(), leafBytes: charter.shape.leafBytes };
    return database.read((rows) => viewAudits(rows, looking));
  }

  findings(limit: number): Promise<readonly AuditFindingView[]> {
    return this.#network.database.read((rows) =>
      viewFindings(rows, { memberId: undefined, limit }),
    );
  }

  seeds(): Promise<readonly AuditSeedView[]> {
    throw new KuraError('unsupported', 'the seeds of your own folders are drawn from your own key');
  }

  validity(): never {
    throw noClosingDay();
  }

  statement(): never {
    throw noClosingDay();
  }

  object(): never {
    throw noClosingDay();
  }

  async hasten(): Promise<void> {
    const { database, clock } = this.#network;
    await transact(database, (rows) => hasten(rows, clock.nowMs()));
  }

  async bound(storeId: StoreId, bytesPerDay: number | undefined): Promise<void> {
    await transact(this.#network.database, (rows) => setBound(rows, storeId, bytesPerDay));
  }
}

function noClosingDay(): KuraError {
  return new KuraError('unsupported', 'a network of your own folders has no closing day', {
    guidance: 'Look at everything now: kura audit run --round, kura check --read-data',
  });
}
