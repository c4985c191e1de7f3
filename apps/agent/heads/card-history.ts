// What a card knows of the history: a file of its own among its member's, under the card's key.
import type { CardFiles } from '../card/card-files.ts';
import type { HistoryPlace } from './history-memory.ts';

const NAME = 'known';

export function cardHistory({ card, place }: CardFiles): HistoryPlace {
  return {
    name: `the card in ${card.folder}`,
    read: () => card.read(place, NAME),
    write: (bytes) => card.write(place, NAME, bytes),
  };
}
