// The service behind `dump`: the content of one file, written out in order.
import type { Reading } from '@kura/agent/read/reading.ts';
import { KuraError } from '@kura/base';
import type { ContentEntry, TreeEntry } from '@kura/format';
import type { DumpRequest } from '../commands/requests.ts';
import { refuseOther } from './history.ts';
import { entryAt, storedSnapshot } from './look.ts';
import { noted } from './noted.ts';
import type { Session } from './session.ts';

export async function dump(session: Session, request: DumpRequest): Promise<void> {
  await noted(session, { ...request, isSelection: false }, async (keepAlive) => {
    await refuseOther(session, request.acceptOlder ? 'once' : 'no');
    const stored = await storedSnapshot(session, request.snapshot);
    const entry = await entryAt(session, stored, request.path);
    if (entry.type !== 'file') {
      throw new KuraError('usage', `${request.path} is no file`, {
        guidance: 'Use `kura restore` for folders.',
      });
    }
    const { trees, chunks } = await session.readingOf(stored);
    const write = async (bytes: Uint8Array): Promise<void> => {
      keepAlive();
      await request.write(bytes);
    };
    const bytes = await writeContent(entry, await trees.fileContent(entry), { chunks, write });
    return { result: undefined, brought: { entries: 1, bytes, problems: 0 } };
  });
}

/** Resolves to the size, holes included. */
async function writeContent(
  entry: TreeEntry,
  content: readonly ContentEntry[],
  to: Pick<Reading, 'chunks'> & Pick<DumpRequest, 'write'>,
): Promise<number> {
  let position = 0;
  const holes = [...entry.holes];
  const zeros = async (): Promise<void> => {
    for (let hole = holes[0]; hole !== undefined && hole.offset === position; hole = holes[0]) {
      holes.shift();
      await writeZeros(hole.length, to.write);
      position += hole.length;
    }
  };
  for (const piece of content) {
    let bytes = await to.chunks.read(piece, 'data');
    while (bytes.length > 0) {
      await zeros();
      const until = holes[0] === undefined ? bytes.length : holes[0].offset - position;
      const part = bytes.subarray(0, Math.min(bytes.length, until));
      await to.write(part);
      position += part.length;
      bytes = bytes.subarray(part.length);
    }
  }
  await zeros();
  return position;
}

const ZEROS = new Uint8Array(64 * 1024);

async function writeZeros(
  count: number,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  for (let left = count; left > 0; left -= ZEROS.length) {
    await write(ZEROS.subarray(0, Math.min(left, ZEROS.length)));
  }
}
