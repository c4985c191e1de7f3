// Everything that reading with a card alone needs: opened from the card and the stores that it names, while the network
// may be gone. The same restore as always goes on from here.
import { KuraError, type NetworkShape, type StoreId } from '@kura/base';
import type { NetworkDescription, StoreDescription } from '@kura/contract';
import type { CardStore } from '@kura/contract/wire/card-store.ts';
import type { Notice } from '@kura/contract/wire/notice-body.ts';
import type { LetterKeys } from '@kura/copy-seal';
import type { ReaderKeys } from '@kura/member-seal';
import type { Bulk } from '@kura/native';
import type { Surroundings } from '../network/access.ts';
import { networkShapeOf } from '../network/describe-network.ts';
import type { CardFiles, CardNetwork } from './card-files.ts';
import { type CardAccess, type CardMedia, CardReaders, canBeReadAlone } from './card-readers.ts';
import { readingOf } from './card-reading.ts';
import { CardTables } from './card-tables.ts';
import { ChainSearch } from './catalogue/find-chain.ts';
import { mergeChain } from './catalogue/merge-chain.ts';
import { CatalogueNames } from './catalogue/names.ts';
import { CopyFinder } from './find-copies.ts';
import { findNotices } from './find-notices.ts';

export interface CardToRead {
  readonly files: CardFiles;
  readonly access: Omit<CardAccess, 'stores' | 'identity'>;
  readonly media?: CardMedia;
  readonly around: Surroundings;
  readonly bulk: Bulk;
  /** How long a store may be silent. */
  readonly patienceMs: (store: StoreId) => number;
  readonly warn: (message: string) => void;
  readonly onProgress?: (read: number) => void;
}

export interface OpenCard {
  readonly keys: ReaderKeys;
  readonly network: NetworkDescription;
  readonly tables: CardTables;
  readonly readers: CardReaders;
  /** Plain data: what threads open the same readers from. */
  readonly access: CardAccess;
  /** Numbers of the newest of each that was found; 0: none. */
  readonly newestCatalogue: number;
  readonly newestNotice: number;
}

/**
 * Throws `unreachable` if no store answers, `refused` if they all refuse the card, `missing` if none has a catalogue.
 */
export async function readCard(card: CardToRead): Promise<OpenCard> {
  const { files, around, bulk, patienceMs, warn, onProgress } = card;
  const { keys, catalogueKey, noticeSeed, noticeKey, tls } = readingOf(files);
  const known = files.network();
  const access: CardAccess = { ...card.access, identity: tls, stores: files.stores() };
  const { media = new Map() } = card;
  const readers = new CardReaders({ ...access, media }, around, patienceMs);
  try {
    if (readers.readers.size === 0) throw noStore(access.stores);
    const shape = networkShapeOf(known.shape);
    const finder = new CopyFinder(readers);
    const notices = await learnNotices(readers, {
      ...{ files, finder, shape, bulk, warn },
      keys: { noticeSeed, noticeKey, coordinatorKey: known.coordinatorKey },
    });
    const search = new ChainSearch({
      ...{ names: new CatalogueNames(catalogueKey), heads: files.heads() },
      ...{ stores: readers, finder, keys, shape, bulk },
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    const catalogues = await search.run();
    const { packs, snapshots, forgotten, isWhole } = mergeChain(
      catalogues,
      readers.copyKeys,
      notices,
    );
    if (!isWhole) warn('one of the catalogues at the stores cannot be read: packs may be missing');
    const network = describe(known, { shape, stores: readers.stores });
    const tables = new CardTables({ files, description: network, packs, snapshots, forgotten });
    return {
      ...{ keys, network, tables, readers, access: { ...access, stores: readers.stores } },
      newestCatalogue: newestOf(catalogues, 0),
      newestNotice: newestOf(notices, files.heads().notice ?? 0),
    };
  } catch (error) {
    readers.close();
    throw error;
  }
}

function newestOf(all: readonly { readonly number: number }[], known: number): number {
  return all.reduce((newest, { number }) => Math.max(newest, number), known);
}

interface NoticesToLearn {
  readonly files: CardFiles;
  readonly finder: CopyFinder;
  readonly keys: LetterKeys;
  readonly shape: NetworkShape;
  readonly bulk: Bulk;
  readonly warn: (message: string) => void;
}

/** Stores that they name are asked from then on, now and whenever this card is used again. */
async function learnNotices(
  readers: CardReaders,
  { files, ...asking }: NoticesToLearn,
): Promise<readonly Notice[]> {
  const { memberId, noticeKey: nameKey } = files.network();
  const from = files.heads().notice ?? 0;
  const notices = await findNotices(from, { ...asking, memberId, nameKey, stores: readers });
  const isNews = readers.learn(notices.flatMap(({ stores }) => stores));
  if (isNews) await renew(files, readers.stores, asking.warn);
  return notices;
}

/** Row A16: a card that cannot be written is told, and read all the same. */
async function renew(
  files: CardFiles,
  stores: readonly CardStore[],
  warn: (message: string) => void,
): Promise<void> {
  try {
    await files.saveStores(stores);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    warn(`the card in ${files.card.folder} could not take what the network has told it: ${why}`);
  }
}

function describe(
  { memberId, home, copies, level, removalDelayMs }: CardNetwork,
  { shape, stores }: { readonly shape: NetworkShape; readonly stores: readonly CardStore[] },
): NetworkDescription {
  return {
    ...{ memberId, home, copies, level, removalDelayMs, shape },
    stores: stores.map(describeStore),
  };
}

/** What only the network knows of a store is not known here: risk and room are nobody's question when reading. */
function describeStore(store: CardStore): StoreDescription {
  const { identity, kind, readers } = store;
  return {
    ...{ identity, location: readers[0] ?? kind, baseRisk: 0, freeBytes: 0 },
    state: canBeReadAlone(store) ? 'active' : 'unreachable',
  };
}

function noStore(stores: readonly CardStore[]): KuraError {
  const strict = stores.filter(({ kind }) => kind === 'strict').length;
  return new KuraError('missing', 'the card has a grant for no store that it could read', {
    guidance: 'Bring a newer copy of the card, or ask the network: without --card.',
    context: { stores: stores.length, strict },
  });
}
