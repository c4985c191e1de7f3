// What reading with a card needs of its keys, of whichever kind the card is: one with its member's identity, or one for
// reading only, on which nothing stands that could sign.
import { deriveMemberKeys, deriveServiceKeys, type Root } from '@kura/member-seal';
import type { CardFiles, CardReading } from './card-files.ts';

export function readingOf(files: CardFiles): CardReading {
  if (files.isReadOnly) return files.reading();
  const { root, cardTls: tls } = files.identity();
  const keys = deriveMemberKeys(root as Root);
  return { keys, ...deriveServiceKeys(root as Root), tls };
}
