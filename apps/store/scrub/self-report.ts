// What a store tells of its own check with a heartbeat. What was found is told again until the coordinator says that
// it has it; where nothing was found, how far the check has come is told every ten minutes.
import { type Clock, MINUTE_MS, type StoreId } from '@kura/base';
import { MAX_NEWS, type ScrubNews, signScrubReport } from '@kura/contract';
import type { FindingBook } from '../findings/finding-book.ts';
import type { NotedDamage } from '../findings/noted.ts';
import type { ScrubState } from './scrub-state.ts';

const TELL_MS = 10 * MINUTE_MS;

export interface SelfReportOptions {
  readonly storeId: StoreId;
  /** Ed25519 seed of the store. */
  readonly seed: Uint8Array;
  readonly findings: FindingBook;
  readonly state: () => ScrubState;
  readonly clock: Clock;
}

export class SelfReport {
  readonly #options: SelfReportOptions;
  #toldMs: number | undefined;

  constructor(options: SelfReportOptions) {
    this.#options = options;
  }

  /** Signed; undefined if there is nothing to tell. */
  async make(): Promise<Uint8Array | undefined> {
    const { storeId, seed, findings, state, clock } = this.#options;
    const timeMs = clock.nowMs();
    const notes = await findings.after(await findings.toldUpTo(), MAX_NEWS);
    const isToldLately = this.#toldMs !== undefined && Math.abs(timeMs - this.#toldMs) < TELL_MS;
    if (notes.length === 0 && isToldLately) return undefined;
    const { roundMs, wholeRoundMs, copiesRead, bytesRead } = state();
    const mediumErrors = await findings.mediumErrors(timeMs);
    const progress = { timeMs, roundMs, wholeRoundMs, copiesRead, bytesRead, mediumErrors };
    return signScrubReport({ storeId, ...progress, news: notes.map(newsOf) }, seed).signed;
  }

  /** The coordinator has what was found up to this number. */
  async heard(upTo: number): Promise<void> {
    await this.#options.findings.told(upTo);
    this.#toldMs = this.#options.clock.nowMs();
  }
}

function newsOf(noted: NotedDamage): ScrubNews {
  const { number, copyId, foundMs, findings, wrongLeaves } = noted;
  const of = (kind: string): number => findings.filter((finding) => finding.kind === kind).length;
  const errno = findings.find((finding) => finding.errno !== undefined)?.errno;
  return {
    ...{ number, copyId, foundMs, wrongLeaves },
    state: noted.isRebuildable ? 'healed' : 'damaged',
    unreadableLeaves: of('unreadable'),
    foreignLeaves: of('foreign'),
    ...(errno === undefined ? {} : { errno }),
  };
}
