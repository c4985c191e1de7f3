// How many copies a pack had when a move of it was decided: the last ones go first.
import type { Migration } from '@kura/database';

export const copiesLeft: Migration = {
  name: 'copies left',
  statements: () => ['alter table moves add column copies_left integer'],
};
