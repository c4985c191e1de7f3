// The program of the thread that looks ahead of a backup's walk. It ends by itself when it has seen everything. It
// loads little, so that it is at work before the command has loaded the rest.
import { type MessagePort, workerData } from 'node:worker_threads';
import { type AheadRequest, lookAhead } from '@kura/agent/backup/ahead/look-ahead.ts';
import { AheadWindow } from '@kura/agent/backup/ahead/window.ts';
import { files } from '@kura/native/files.ts';

/** Plain data, but for the port. */
export interface AheadBlueprint {
  readonly request: AheadRequest;
  readonly window: SharedArrayBuffer;
  readonly port: MessagePort;
}

const { request, window: memory, port } = workerData as AheadBlueprint;
const window = new AheadWindow(memory);
const isDue = (bytes: number): boolean => window.isDue(bytes);

for (const batch of lookAhead(request, { posix: files, isDue })) {
  window.add(batch.length);
  port.postMessage(batch, [batch.buffer]);
}
