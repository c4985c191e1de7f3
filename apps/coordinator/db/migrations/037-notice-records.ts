// Where each notice lies, so that one that is overtaken can go (docs/design/card.md).
import type { Migration } from '@kura/database';

export const noticeRecords: Migration = {
  name: 'where notices lie',
  statements: () => ['alter table notices add column record text'],
};
