// A certificate for a new key, over the old one: for everybody whom the network still wants.
import { KuraError } from '@kura/base';
import { type CertificateName, refusal } from '@kura/certificates';
import { transact } from '@kura/database';
import { checkDevice } from '../accounts/devices.ts';
import type { Rows } from '../db/tables.ts';
import { mustKnow, readStores } from '../stores/stores.ts';
import type { Service } from './service.ts';

export interface Renewal {
  /** Of the certificate that the connection was opened with. */
  readonly name: CertificateName;
  /** Of the same. */
  readonly serial: string;
  readonly certificateRequest: Uint8Array;
  readonly hosts: readonly string[];
}

/** The new certificate in PEM; the old one stays good until it ends. Throws `refused`, `busy`, `hostile`. */
export async function renewCertificate(service: Service, renewal: Renewal): Promise<string> {
  const { network, authority } = service;
  const { name, serial, certificateRequest: request } = renewal;
  const nowMs = network.clock.nowMs();
  const isListener = name.role !== 'device' && name.role !== 'operator';
  const hosts = isListener ? renewal.hosts : [];
  return transact(network.database, async (rows) => {
    await refuseWithdrawn(rows, serial);
    await checkWanted(rows, name);
    return authority.renew(rows, { name, request, hosts, nowMs });
  });
}

/** Edges hear of a withdrawal some seconds later: until then it would make a certificate that is not withdrawn. */
async function refuseWithdrawn(rows: Rows, serial: string): Promise<void> {
  const row = await rows
    .selectFrom('certificates')
    .select('revoked_ms')
    .where('serial', '=', serial)
    .executeTakeFirst();
  if (row === undefined || row.revoked_ms === null) return;
  throw refusal('revoked', 'the certificate was withdrawn by its network');
}

async function checkWanted(rows: Rows, name: CertificateName): Promise<void> {
  if (name.role === 'device') {
    await checkDevice({ rows, memberId: name.member }, name.device);
  }
  if (name.role !== 'store') return;
  const { state } = mustKnow(await readStores(rows), name.store);
  if (state !== 'retired') return;
  throw new KuraError('refused', 'this store was retired', { context: { reason: 'revoked' } });
}
