// The secrets of a coordinator on its machine: written once, when the service is founded, and read at each start.
import { readFileSync } from 'node:fs';
import { asKuraError, fromHex, KuraError, type NetworkShape, toHex } from '@kura/base';
import { type Authority, formatInvitation } from '@kura/certificates';
import type { CoordinatorConfig } from '@kura/daemon';
import { CertificateAuthority } from '../authority/certificate-authority.ts';
import type { ServiceSecrets } from '../authority/service.ts';
import { authorityOf, foundService, newNetworkId } from '../found-service.ts';
import { openServiceTables } from './open-tables.ts';
import { StateFiles } from './state-folder.ts';
import type { CoordinatorSurroundings } from './surroundings.ts';

const NETWORK_KEY = 'secrets/network.key';
const AUTHORITY_KEY = 'secrets/authority.key';
const AUTHORITY_CERTIFICATE = 'authority.pem';
const SECRET_BYTES = 32;
const FOUND_FIRST = 'Found the network first: kura serve coordinator --found';

export function readSecrets(config: CoordinatorConfig): ServiceSecrets {
  const files = new StateFiles(config.state);
  const text = files.demand(NETWORK_KEY, FOUND_FIRST).trim();
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new KuraError('corrupt', `${config.state}/${NETWORK_KEY} is no secret`, {
      guidance: 'Bring back the file from a backup: without it nothing can be signed.',
    });
  }
  return { networkSecret: fromHex(text), authority: readAuthority(config, files) };
}

function readAuthority({ authority }: CoordinatorConfig, files: StateFiles): Authority {
  if (authority === undefined) {
    return {
      certificatePem: files.demand(AUTHORITY_CERTIFICATE, FOUND_FIRST),
      keyPem: files.demand(AUTHORITY_KEY, FOUND_FIRST),
    };
  }
  try {
    return {
      certificatePem: readFileSync(authority.certificate, 'utf8'),
      keyPem: readFileSync(authority.key, 'utf8'),
    };
  } catch (error) {
    throw asKuraError(error, 'the authority of the operator cannot be read');
  }
}

/** As they were on a machine that is lost. Those that are there already stay. Throws `already_exists` for others. */
export function keepSecrets(config: CoordinatorConfig, secrets: ServiceSecrets): void {
  const files = new StateFiles(config.state);
  const { networkSecret, authority } = secrets;
  keep(files, NETWORK_KEY, `${toHex(networkSecret)}\n`);
  if (config.authority !== undefined) return;
  keep(files, AUTHORITY_KEY, authority.keyPem);
  keep(files, AUTHORITY_CERTIFICATE, authority.certificatePem);
}

function keep(files: StateFiles, name: string, text: string): void {
  const there = files.read(name);
  if (there === text) return;
  if (there === undefined) {
    files.create(name, text);
    return;
  }
  throw new KuraError('already_exists', `${files.folder}/${name} is of another network`, {
    guidance: 'Name a new folder in the configuration; nothing is written over.',
  });
}

export interface Founding {
  readonly shape: NetworkShape;
  readonly copies: number;
  readonly removalDelayMs: number;
  /** Name of the first operator. */
  readonly operator: string;
}

/**
 * Founds the service: secrets first, for nothing is signed without them, then its tables. The invitation of the
 * first operator, which nobody sees again. Throws `already_exists`, `usage`.
 */
export async function foundCoordinator(
  config: CoordinatorConfig,
  founding: Founding,
  { clock, random }: CoordinatorSurroundings,
): Promise<string> {
  const files = new StateFiles(config.state);
  const networkSecret = random.bytes(SECRET_BYTES);
  const networkId = newNetworkId(random);
  files.create(NETWORK_KEY, `${toHex(networkSecret)}\n`);
  if (config.authority === undefined) {
    const made = authorityOf(networkId, { clock, random });
    files.create(AUTHORITY_KEY, made.keyPem);
    files.create(AUTHORITY_CERTIFICATE, made.certificatePem);
  }
  const database = await openServiceTables(config.database.url);
  try {
    const token = await foundService(networkId, {
      ...{ database, clock, random, networkSecret },
      ...founding,
    });
    const { rootHash } = new CertificateAuthority(readAuthority(config, files), random);
    const address = config.listen.public ?? config.listen.address;
    return formatInvitation({ address, rootHash, token });
  } finally {
    database.close();
  }
}
