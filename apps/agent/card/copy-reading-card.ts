// A card for reading only, from a member's card: a card of its own, under a passphrase of its own. What signs for the
// member or its device stays behind, and the member's part of the keys to locks.
import { CardFiles } from './card-files.ts';
import { CardFolder, type CardPlace, type CardToMake } from './card-folder.ts';
import { readingOf } from './card-reading.ts';
import { type CardCopy, sealedFiles } from './copy-card.ts';

const LOCAL_KEY_BYTES = 32;
const SECRET: ReadonlySet<string> = new Set(['identity', 'locks', 'reading']);

/** The lock last, so that a copy that was interrupted is no card. Throws `already_exists` if there is a card. */
export async function copyReadingCard(from: CardFiles, to: CardToMake): Promise<CardCopy> {
  const { disk, random, passphrase, cost } = to;
  const card = CardFolder.prepare(to);
  const files = new CardFiles(card, from.place);
  let bytes = 0;
  const names = namesOf(sealedFiles(disk, from.card.folder), from.place);
  for (const name of names) {
    const plain = from.card.read(from.place, name);
    if (plain === undefined) continue;
    await card.write(from.place, name, plain);
    bytes += plain.length;
  }
  const { keys, ...reading } = readingOf(from);
  const { lockKey: _, ...readerKeys } = keys;
  // What is cached on a machine with this card, no other card opens.
  const localKey = random.bytes(LOCAL_KEY_BYTES);
  await files.saveReading({ ...reading, keys: { ...readerKeys, localKey } });
  await card.changePassphrase(passphrase, cost);
  return { files: names.length + 2, bytes };
}

/** "stores", "receipts/000001": of one network, without what would make it more than a card for reading. */
function namesOf(paths: readonly string[], { networkId, service }: CardPlace): readonly string[] {
  const prefix = `${networkId}/${service}/`;
  return paths
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length).replace(/\.sealed$/, ''))
    .filter((name) => !SECRET.has(name));
}
