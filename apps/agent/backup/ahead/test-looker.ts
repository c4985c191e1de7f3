// For tests: the other side of a window. It adds as fast as it may, and says after each batch how much is held.
import { type MessagePort, workerData } from 'node:worker_threads';
import { AheadWindow } from './window.ts';

export interface LookerData {
  readonly memory: SharedArrayBuffer;
  readonly port: MessagePort;
  readonly batchBytes: readonly number[];
}

const { memory, port, batchBytes } = workerData as LookerData;
const window = new AheadWindow(memory);

for (const bytes of batchBytes) {
  window.add(bytes);
  port.postMessage(window.heldBytes);
}
port.close();
