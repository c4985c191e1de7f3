// One session as the network remembers it, and as a card keeps it.
import type { SessionId } from '@kura/base';
import type { SessionKind } from '@kura/contract';
import type { journalEntry } from '@kura/contract/wire/endpoints/account.ts';
import type { Infer } from '@kura/contract/wire/shape.ts';

type Figures = Readonly<Record<string, number | string | boolean>>;

export interface RemoteJournalEntry {
  readonly sessionId: SessionId;
  readonly kind: SessionKind;
  readonly beganMs: number;
  readonly endedMs: number | undefined;
  readonly outcome: Infer<typeof journalEntry>['outcome'];
  readonly figures: Figures;
  /** What it was about (`journal/subject.ts`). */
  readonly line: Uint8Array | undefined;
  /** Where the packs that it wrote lie; undefined: a card was not told. */
  readonly places: Infer<typeof journalEntry>['places'];
}

/** What a session counted; what is no figure is left out. */
export function figuresIn(json: string): Figures {
  const isFigure = (value: unknown): value is number | string | boolean =>
    ['number', 'string', 'boolean'].includes(typeof value);
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed !== 'object' || parsed === null) return {};
    const figures: Record<string, number | string | boolean> = {};
    for (const [name, value] of Object.entries(parsed)) if (isFigure(value)) figures[name] = value;
    return figures;
  } catch {
    return {}; // an entry without figures is still an entry
  }
}
