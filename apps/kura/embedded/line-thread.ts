// The program of a line's thread: loads its code at once, and that of the way when it hears which, builds the line when
// it gets the blueprint, and serves calls until it is ended.
import type { PackLine } from '@kura/agent/backup/line/pack-line.ts';
import type {
  FilesTask,
  FinishedPack,
  ReadyFrame,
  ShareTask,
} from '@kura/agent/backup/line/tasks.ts';
import type { ChunkTableSegment } from '@kura/agent/index/chunk-table.ts';
import { must } from '@kura/base';
import { buildLine, type LineBlueprint, type LineWay, loadWay } from './line.ts';
import { realSurroundings } from './surroundings.ts';
import { threadServer } from './thread-server.ts';

export type LineNews = { readonly finished: FinishedPack } | { readonly rescue: number };

export interface RescueAnswer {
  readonly packNumber: number;
  readonly isRescued: boolean;
}

const server = threadServer<LineNews>();
const rescues = new Map<number, (isRescued: boolean) => void>();

let line: PackLine | undefined;

async function begin(blueprint: LineBlueprint): Promise<void> {
  line = await buildLine(
    blueprint,
    {
      onFinished: (pack) => server.say({ finished: withoutLeafHashes(pack) }),
      rescue: (packNumber) =>
        new Promise((resolve) => {
          rescues.set(packNumber, resolve);
          server.say({ rescue: packNumber });
        }),
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
    },
    realSurroundings(),
  );
}

function theLine(): PackLine {
  return must(line, 'a line is begun before it works');
}

/** The planner keeps no leaf hashes: they were checked here. */
function withoutLeafHashes(pack: FinishedPack): FinishedPack {
  const copies = pack.record.copies.map((copy) => ({ ...copy, leafHashes: new Uint8Array(0) }));
  return { ...pack, record: { ...pack.record, copies } };
}

server.serve(
  {
    load: (kind: LineWay['kind']) => loadWay(kind),
    begin: (blueprint: LineBlueprint) => begin(blueprint),
    files: (task: FilesTask) => theLine().files(task),
    share: (task: ShareTask) => theLine().share(task),
    pack: (frame: ReadyFrame) => theLine().pack(frame),
    adopt: (segment: ChunkTableSegment) => theLine().adopt(segment),
    finishData: () => theLine().finishData(),
    planFolderPack: (moreBytes: number) => theLine().planFolderPack(moreBytes),
    finishFolders: () => theLine().finishFolders(),
    abort: () => theLine().abort(),
  },
  (told) => {
    const { packNumber, isRescued } = told as RescueAnswer;
    rescues.get(packNumber)?.(isRescued);
    rescues.delete(packNumber);
  },
);
