// A pack on its way belongs to a session, whose contract was judged when it began.
import type { Migration } from '@kura/database';

export const uploadSessions: Migration = {
  name: 'sessions of uploads',
  statements: () => [`alter table uploads add column session_id text not null default ''`],
};
