// Whether a medium is what its list says, by whoever holds it: no key is needed, and nothing is opened. That its copies
// are what was saved, their roots say, which the member has from elsewhere.
import { type CopyId, KuraError } from '@kura/base';
import type { StoreIdentity } from '@kura/contract';
import { openShelfForReading } from '../reader/open-shelf.ts';
import { readSmallFile } from '../small-file.ts';
import {
  decodeMedium,
  MAX_MEDIUM_BYTES,
  MEDIUM_NAME,
  MediumDigest,
  type MediumList,
  namesOf,
  wholeBytes,
} from './medium.ts';
import type { MediumPorts } from './write-medium.ts';

export interface CheckedMedium {
  readonly identity: StoreIdentity;
  readonly list: MediumList;
  /** There, and whole. */
  readonly copies: number;
  readonly bytes: number;
  /** There, and not what their own tables say. */
  readonly hurt: readonly CopyId[];
  /** All copies of the list are there, whole, and no others. */
  readonly isWhole: boolean;
}

/** Reads everything. Throws `unreachable` if there is no medium, or one that was not finished. */
export async function checkMedium(
  folder: string,
  { onProgress, ...open }: Omit<MediumPorts, 'processId'>,
): Promise<CheckedMedium> {
  const shelf = openShelfForReading({ ...open, folder });
  const listed = readSmallFile(open.disk, `${folder}/${MEDIUM_NAME}`, MAX_MEDIUM_BYTES);
  if (listed === undefined) {
    throw new KuraError('unreachable', `the medium in ${folder} was not finished`, {
      guidance: 'Write it again at the store: what is on it whole is kept.',
    });
  }
  const list = decodeMedium(listed);
  const { bulk } = open.native;
  const window = new Uint8Array(shelf.shape.leafBytes * shelf.shape.windowLeaves);
  const digest = new MediumDigest();
  const hurt: CopyId[] = [];
  let copies = 0;
  let bytes = 0;
  for (const copyId of namesOf(shelf)) {
    const size = await sizeOf();
    if (size === undefined) hurt.push(copyId);
    else {
      digest.add(copyId, (await shelf.stat(copyId)).root);
      copies++;
      bytes += size;
    }
    onProgress?.({ copies, bytes, of: list });

    async function sizeOf(): Promise<number | undefined> {
      try {
        return await wholeBytes(shelf, copyId, { bulk, window });
      } catch (error) {
        if (error instanceof KuraError && error.code !== 'unreachable') return undefined;
        throw error;
      }
    }
  }
  const isWhole = hurt.length === 0 && digest.digest(bulk) === list.digest;
  return { identity: shelf.identity, list, copies, bytes, hurt, isWhole };
}
