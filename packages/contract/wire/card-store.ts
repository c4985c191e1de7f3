// A store as a card knows it: where it is read, and by which keys. In the card's own file, in catalogues and in
// notices.
import { GRANT_BYTES } from '../grant.ts';
import { bytes, choice, type Infer, list, optional, record, text } from './shape.ts';
import { hash, memberIdShape, storeIdentity } from './shapes.ts';

export const cardStore = record({
  identity: storeIdentity,
  kind: choice(['strict', 'readable']),
  readers: list(text({ maxLength: 300 }), { maxItems: 4 }),
  copyKey: hash,
  pseudonym: memberIdShape,
  grant: optional(bytes({ min: GRANT_BYTES, max: GRANT_BYTES })),
});
export type CardStore = Infer<typeof cardStore>;
