// Where a login comes from: tries of one place cost others nothing.
import type { Migration } from '@kura/database';

export const loginOrigins: Migration = {
  name: 'origins of logins',
  statements: () => [
    `alter table logins add column origin text not null default ''`,
    'create index logins_from on logins (origin, begun_ms)',
    'create index certificates_by_key on certificates (key_hash)',
  ],
};
