// What a prune asks of the rest of the agent.
import type { PackId, SessionId } from '@kura/base';
import type { LineFactory } from '../backup/line/line-factory.ts';
import type { OwnContext } from '../context.ts';
import type { StoreDestroyer } from './store-destroyer.ts';

/** Letters of a network to its member's card: no key of packs opens them, and no snapshot needs them. */
export interface LettersPort {
  /** Those that are overtaken become packs like any that nobody needs. */
  release(session: SessionId): Promise<void>;
  has(packId: PackId): boolean;
}

export interface PrunePorts extends OwnContext {
  readonly lines: LineFactory;
  readonly destroyer: StoreDestroyer;
  /** Absent where nobody writes any. */
  readonly letters?: LettersPort;
  readonly onProgress?: (done: number, total: number) => void;
}
