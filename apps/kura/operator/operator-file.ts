// `KURA_HOME/operator.json`: by which an operator of a network is known to it. The key was made here and never
// leaves; whoever has the file can do an operator's work until the certificate is withdrawn.
import { readSmallJson, replaceFile } from '@kura/agent/small-file.ts';
import { type Disk, KuraError, type Random, utf8 } from '@kura/base';

export interface OperatorFile {
  /** "host:port" of a coordinator. */
  readonly address: string;
  readonly networkId: string;
  readonly authorityPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
}

export interface FileAccess {
  readonly disk: Disk;
  readonly random: Random;
}

const VERSION = 1;
const MAX_BYTES = 64 * 1024;
const FIELDS = ['address', 'networkId', 'authorityPem', 'certificatePem', 'keyPem'] as const;

function pathOf(home: string): string {
  return `${home}/operator.json`;
}

function damaged(path: string, cause?: unknown): never {
  throw new KuraError('corrupt', `${path} is damaged`, {
    guidance: 'Enrol anew: kura operator enrol',
    cause,
  });
}

/** Somebody has enrolled here. */
export function hasOperatorFile(disk: Disk, home: string): boolean {
  return disk.stat(pathOf(home)) !== undefined;
}

/** Throws `no_network` if nobody enrolled here, `corrupt`, `unsupported`. */
export function readOperatorFile(disk: Disk, home: string): OperatorFile {
  const path = pathOf(home);
  const refuse = (cause?: unknown): never => damaged(path, cause);
  const fields = readSmallJson(disk, { path, maxBytes: MAX_BYTES, refuse });
  if (fields === undefined) {
    throw new KuraError('no_network', 'nobody has enrolled as an operator here', {
      guidance: 'Ask for an invitation, then: kura operator enrol',
    });
  }
  if (typeof fields.version === 'number' && fields.version > VERSION) {
    throw new KuraError('unsupported', `${path} was written by a newer Kura`, {
      guidance: 'Use the version of Kura that wrote it, or a newer one.',
    });
  }
  const [address, networkId, authorityPem, certificatePem, keyPem] = FIELDS.map((name) => {
    const value = fields[name];
    return typeof value === 'string' ? value : damaged(path);
  }) as [string, string, string, string, string];
  return { address, networkId, authorityPem, certificatePem, keyPem };
}

export async function writeOperatorFile(
  access: FileAccess,
  home: string,
  file: OperatorFile,
): Promise<void> {
  const text = `${JSON.stringify({ version: VERSION, ...file }, undefined, 2)}\n`;
  await replaceFile(access, pathOf(home), utf8(text));
}
