// Writes what is still used of wasteful packs into new packs, the same way as a backup does: copies durable,
// checked, recorded. The old packs are only marked afterwards; a kill in between leaves chunks stored twice.
import type { SessionId } from '@kura/base';
import type { DirectoryChunk, DirectoryFrame, PackReader } from '@kura/format';
import type { Line } from '../backup/line/tasks.ts';
import { withLine } from '../backup/line/with-line.ts';
import { PackRecorder } from '../backup/pack-recorder.ts';
import { IndexWriter } from '../index/index-file.ts';
import type { Reading } from '../read/reading.ts';
import type { PrunePorts } from './ports.ts';
import type { Usage } from './usage.ts';
import type { PackWaste } from './waste.ts';

export interface RepackOptions {
  readonly reading: Reading;
  readonly ports: PrunePorts;
  readonly session: SessionId;
  readonly usage: Usage;
  readonly wastes: readonly PackWaste[];
}

export async function repack(options: RepackOptions): Promise<void> {
  const { reading, ports, session } = options;
  const { coordinator, disk, home, keys, random } = ports;
  const folder = home.indexFolder;
  const index = new IndexWriter({ disk, folder, localKey: keys.localKey, random });
  const recorder = new PackRecorder({ coordinator, session, index });
  const place = { lines: ports.lines, session, table: reading.table, recorder };
  try {
    await withLine(place, async (line) => {
      for (const [done, waste] of options.wastes.entries()) {
        await moveUsed(waste, line, options);
        await coordinator.renewSession(session);
        ports.onProgress?.(done + 1, options.wastes.length);
      }
      await line.finishData();
      await line.finishFolders();
      await recorder.settled();
    });
  } finally {
    index.close();
  }
}

async function moveUsed(waste: PackWaste, line: Line, options: RepackOptions): Promise<void> {
  const reader = options.reading.opener.open(waste.entry.row);
  try {
    for (const frame of (await reader.directory()).frames) {
      const used = await usedPart(reader, frame, options.usage);
      if (used !== undefined) await line.pack(used);
    }
  } finally {
    reader.close();
  }
}

async function usedPart(
  reader: PackReader,
  frame: DirectoryFrame,
  usage: Usage,
): Promise<
  { kind: DirectoryFrame['kind']; plain: Uint8Array; chunks: DirectoryChunk[] } | undefined
> {
  const chunks = frame.chunks.filter(({ id }) => usage.uses(id));
  if (chunks.length === 0) return undefined;
  const whole = await reader.readFrame(frame);
  const plain = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let from = 0;
  let to = 0;
  for (const chunk of frame.chunks) {
    if (usage.uses(chunk.id)) {
      plain.set(whole.subarray(from, from + chunk.length), to);
      to += chunk.length;
    }
    from += chunk.length;
  }
  return { kind: frame.kind, plain, chunks };
}
