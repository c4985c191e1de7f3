// Who knocks at the door of a program with a certificate that does not open it, counted until it becomes rows (row
// A15). Whoever is turned away is a stranger, so what is remembered of them has a largest size, and nothing that they
// say about themselves is believed: a certificate that names a store is a claim, and never counts against that store.
import { KuraError, type StoreId } from '@kura/base';
import { REASONS, type Reason } from '@kura/certificates/trust.ts';
import type { RequestFacts } from '@kura/wire/server/edge.ts';

/** Between two looks; more callers than this are counted together. */
export const MAX_KNOCKS = 256;
/** In place of an address, for those who are too many. */
export const OTHERS = 'others';

/** Who shows no certificate at all is nobody's impostor. */
const COUNTED: ReadonlySet<unknown> = new Set(REASONS.filter((reason) => reason !== 'none'));

export interface Knock {
  readonly address: string;
  /** Whom its certificate names. */
  readonly claimed: StoreId | undefined;
  readonly reason: Reason;
  readonly calls: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface DoorBookParts {
  readonly nowMs: () => number;
  readonly onKnock?: (reason: Reason) => void;
}

export class DoorBook {
  readonly #parts: DoorBookParts;
  #waiting = new Map<string, Knock>();

  constructor(parts: DoorBookParts) {
    this.#parts = parts;
  }

  /** For an edge's `onRequest`: most requests are nothing of the kind. */
  see({ caller, error }: Pick<RequestFacts, 'caller' | 'error'>): void {
    if (caller.kind === 'nobody' || !(error instanceof KuraError)) return;
    const { reason } = error.context;
    // A refusal with the same word may be a handler's, of somebody whom the edge let in; that is a wrong door as well.
    const isTurnedAway = caller.kind === 'certified' || error === caller.refusal;
    if (!isTurnedAway || error.code !== 'refused' || !COUNTED.has(reason)) return;
    const name = caller.kind === 'certified' ? caller.name : caller.claims;
    const claimed = name?.role === 'store' ? name.store : undefined;
    this.#count({ address: caller.address, claimed, reason: reason as Reason });
  }

  /** What was counted since the last time. */
  take(): readonly Knock[] {
    const taken = [...this.#waiting.values()];
    this.#waiting = new Map();
    return taken;
  }

  #count(who: Pick<Knock, 'address' | 'claimed' | 'reason'>): void {
    this.#parts.onKnock?.(who.reason);
    const nowMs = this.#parts.nowMs();
    const isFull = this.#waiting.size >= MAX_KNOCKS && !this.#waiting.has(keyOf(who));
    const counted = isFull ? { ...who, address: OTHERS, claimed: undefined } : who;
    const key = keyOf(counted);
    const known = this.#waiting.get(key);
    this.#waiting.set(key, {
      ...counted,
      calls: (known?.calls ?? 0) + 1,
      firstMs: known?.firstMs ?? nowMs,
      lastMs: nowMs,
    });
  }
}

function keyOf({ address, claimed, reason }: Pick<Knock, 'address' | 'claimed' | 'reason'>) {
  return `${address} ${claimed ?? ''} ${reason}`;
}
