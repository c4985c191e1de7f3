// The program of a line's thread: builds the line from its blueprint and serves calls until it is ended.
import { workerData } from 'node:worker_threads';
import type { FinishedPack } from '@kura/agent';
import { buildLine, type LineBlueprint } from './line.ts';
import { realSurroundings } from './surroundings.ts';
import { threadServer } from './thread-server.ts';

export type LineNews = { readonly finished: FinishedPack } | { readonly rescue: number };

export interface RescueAnswer {
  readonly packNumber: number;
  readonly isRescued: boolean;
}

const server = threadServer<LineNews>();
const rescues = new Map<number, (isRescued: boolean) => void>();

const line = buildLine(
  workerData as LineBlueprint,
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

/** The planner keeps no leaf hashes: they were checked here. */
function withoutLeafHashes(pack: FinishedPack): FinishedPack {
  const copies = pack.record.copies.map((copy) => ({ ...copy, leafHashes: new Uint8Array(0) }));
  return { ...pack, record: { ...pack.record, copies } };
}

server.serve(
  {
    files: (task: Parameters<typeof line.files>[0]) => line.files(task),
    share: (task: Parameters<typeof line.share>[0]) => line.share(task),
    pack: (frame: Parameters<typeof line.pack>[0]) => line.pack(frame),
    adopt: (segment: Parameters<typeof line.adopt>[0]) => line.adopt(segment),
    finishData: () => line.finishData(),
    planFolderPack: (moreBytes: number) => line.planFolderPack(moreBytes),
    finishFolders: () => line.finishFolders(),
    abort: () => line.abort(),
  },
  (told) => {
    const { packNumber, isRescued } = told as RescueAnswer;
    rescues.get(packNumber)?.(isRescued);
    rescues.delete(packNumber);
  },
);
