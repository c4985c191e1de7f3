// `KURA_HOME/network.json`: says that this home belongs to a network of others, which one, and where its card is.
// No secret in it. A home without it is an embedded network's, or none.
import { readSmallFile, replaceFile } from '@kura/agent/small-file.ts';
import { type Disk, KuraError, type Random, utf8 } from '@kura/base';

export interface HomePointer {
  readonly version: 1;
  /** 32 hexadecimal characters. */
  readonly networkId: string;
  /** Absolute. */
  readonly card: string;
}

const MAX_BYTES = 16 * 1024;

function pathOf(homeFolder: string): string {
  return `${homeFolder}/network.json`;
}

/** Where the card is unless somebody says otherwise. */
export function cardFolderOf(homeFolder: string): string {
  return `${homeFolder}/card`;
}

export function readPointer(disk: Disk, homeFolder: string): HomePointer | undefined {
  const path = pathOf(homeFolder);
  const refuse = (): never => damaged(path);
  const bytes = readSmallFile(disk, { path, maxBytes: MAX_BYTES, refuse });
  if (bytes === undefined) return undefined;
  const { version, networkId, card } = parse(bytes, path);
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
): Promise<void> {
  await replaceFile(access, pathOf(homeFolder), utf8(`${JSON.stringify(pointer, undefined, 2)}\n`));
}

function parse(bytes: Uint8Array, path: string): { readonly [N in keyof HomePointer]?: unknown } {
  try {
    const json: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (typeof json === 'object' && json !== null) return json;
  } catch (error) {
    return damaged(path, error);
  }
  return damaged(path);
}

function damaged(path: string, cause?: unknown): never {
  throw new KuraError('corrupt', `${path} is damaged`, {
    guidance: 'Bring it back from a copy of KURA_HOME.',
    cause,
  });
}
