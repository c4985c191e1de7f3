// An operator's kit: all that a coordinator has on its machine and in its tables and cannot make again. Secrets first,
// then pages of tables; the log comes back from its tiles (docs/design/rebuild.md).
import { fromHex, toHex } from '@kura/base';
import type { CoordinatorConfig } from '@kura/daemon';
import type { ServiceSecrets } from '../authority/service.ts';
import { readSecrets } from '../serve/coordinator-state.ts';
import { openServiceTables } from '../serve/open-tables.ts';
import { damagedKit, parseKitJson } from './damaged-kit.ts';
import { dumpTables, readPage, type TablePage } from './dump-tables.ts';

/** One line of a kit, before it is sealed. */
export type KitPart =
  | { readonly kind: 'secrets'; readonly secrets: ServiceSecrets }
  | { readonly kind: 'page'; readonly page: TablePage };

/** Reads the state folder and the tables as they are at one moment; the coordinator may run. */
export async function readKit(
  config: CoordinatorConfig,
  write: (line: string) => Promise<void>,
): Promise<void> {
  const { networkSecret, authority } = readSecrets(config);
  const { certificatePem, keyPem } = authority;
  await write(
    JSON.stringify({ networkSecret: toHex(networkSecret), authority: { certificatePem, keyPem } }),
  );
  const database = await openServiceTables(config.database.url);
  try {
    await dumpTables(database, (page) => write(JSON.stringify(page)));
  } finally {
    database.close();
  }
}

/** Throws `corrupt` unless the line is one that `readKit` wrote; the first one has the secrets. */
export function parseKitLine(line: string): KitPart {
  const value = parseKitJson(line);
  const { networkSecret, authority } = (value ?? {}) as Partial<Record<string, unknown>>;
  if (networkSecret === undefined) return { kind: 'page', page: readPage(value) };
  const { certificatePem, keyPem } = (authority ?? {}) as Partial<Record<string, unknown>>;
  const isWhole =
    typeof networkSecret === 'string' &&
    /^[0-9a-f]{64}$/.test(networkSecret) &&
    typeof certificatePem === 'string' &&
    typeof keyPem === 'string';
  if (!isWhole) throw damagedKit();
  const secrets = { networkSecret: fromHex(networkSecret), authority: { certificatePem, keyPem } };
  return { kind: 'secrets', secrets };
}
