// When a member's home has changed, so that it does not change all the time.
import type { Migration } from '@kura/database';

export const homes: Migration = {
  name: 'changes of homes',
  statements: ({ integerType: integer }) => [
    `alter table members add column home_since_ms ${integer}`,
    `alter table members add column home_before_ms ${integer}`,
  ],
};
