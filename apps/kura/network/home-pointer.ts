// `KURA_HOME/network.json`: says that this home belongs to a network of others, which one, and where its card is.
// No secret in it. A home without it is an embedded network's, or none.
import { readSmallJson, replaceFile } from '@kura/agent/small-file.ts';
import { type Disk, KuraError, type Random, utf8 } from '@kura/base';

export interface HomePointer {
  readonly version: 1;
  /** 32 hexadecimal characters. */
  readonly networkId: string;
  /** Absolute. */
  readonly card: string;
}

const MAX_BYTES = 16 * 1024;

/** adoption: of an embedded home that is on its way into a network, and still its own (docs/design/adoption.md). */
export type PointerName = 'network' | 'adoption';

function pathOf(homeFolder: string, name: PointerName): string {
  return `${homeFolder}/${name}.json`;
}

/** Where the card is unless somebody says otherwise. */
export function cardFolderOf(homeFolder: string): string {
  return `${homeFolder}/card`;
}

export function readPointer(
  disk: Disk,
  homeFolder: string,
  name: PointerName = 'network',
): HomePointer | undefined {
  const path = pathOf(homeFolder, name);
  const refuse = (cause?: unknown): never => damaged(path, cause);
  const json = readSmallJson(disk, { path, maxBytes: MAX_BYTES, refuse });
  if (json === undefined) return undefined;
  const { version, networkId, card } = json;
  if (typeof version === 'number' && version > 1) {
    throw new KuraError('unsupported', `${path} was written by a newer Kura`, {
      guidance: 'Use the version of Kura that wrote it, or a newer one.',
    });
  }
  const isWhole =
    version === 1 &&
    typeof networkId === 'string' &&
    /^[0-9a-f]{32}$/.test(networkId) &&
    typeof card === 'string' &&
    card.startsWith('/');
  return isWhole ? { version: 1, networkId, card } : damaged(path);
}

export async function writePointer(
  access: { readonly disk: Disk; readonly random: Random },
  homeFolder: string,
  pointer: HomePointer,
  name: PointerName = 'network',
): Promise<void> {
  const text = `${JSON.stringify(pointer, undefined, 2)}\n`;
  await replaceFile(access, pathOf(homeFolder, name), utf8(text));
}

function damaged(path: string, cause?: unknown): never {
  throw new KuraError('corrupt', `${path} is damaged`, {
    guidance: 'Bring it back from a copy of KURA_HOME.',
    cause,
  });
}
