// What a notice says, as JSON: where packs lie since copies moved, and the stores that a card needs to know for it.
import { KuraError, MAX_COPIES, MAX_STORES } from '@kura/base';
import { cardStore } from './card-store.ts';
import { type Infer, list, record, timeMs, whole } from './shape.ts';
import { hash, leafCount, memberIdShape, packIdShape } from './shapes.ts';

const MAX_NOTICE_PACKS = 20_000;
const count = whole({ min: 0, max: Number.MAX_SAFE_INTEGER });

const noticePack = record({
  packId: packIdShape,
  leafCount,
  /** All that count now; `store` is a place in the list of stores. */
  copies: list(record({ store: whole({ min: 0, max: MAX_STORES }), root: hash }), {
    maxItems: MAX_COPIES,
  }),
});
export type NoticePack = Infer<typeof noticePack>;

const notice = record({
  version: whole({ min: 1, max: 1 }),
  memberId: memberIdShape,
  number: count,
  madeMs: timeMs,
  /** Of the coordinator: the packs as they were then. */
  tick: count,
  level: whole({ min: 1, max: 3 }),
  stores: list(cardStore, { maxItems: MAX_STORES }),
  packs: list(noticePack, { maxItems: MAX_NOTICE_PACKS }),
});
export type Notice = Infer<typeof notice>;

export function writeNotice(body: Notice): string {
  return JSON.stringify(notice.write(body));
}

/** Throws `corrupt` for what is no notice of this version. */
export function readNotice(text: string): Notice {
  try {
    return notice.read(JSON.parse(text), '', 'ignored');
  } catch (cause) {
    throw new KuraError('corrupt', 'the notice is not what this version writes', { cause });
  }
}
