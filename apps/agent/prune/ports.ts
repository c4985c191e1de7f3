// What a prune asks of the rest of the agent.
import type { LineFactory } from '../backup/line/line-factory.ts';
import type { OwnContext } from '../context.ts';
import type { StoreDestroyer } from './store-destroyer.ts';

export interface PrunePorts extends OwnContext {
  readonly lines: LineFactory;
  readonly destroyer: StoreDestroyer;
  readonly onProgress?: (done: number, total: number) => void;
}
