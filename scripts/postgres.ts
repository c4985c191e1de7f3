// `npm run test:postgres [-- PATTERN]`: the suites of the tables, and of custody over the wire, on a PostgreSQL that is
// started here in a scratch folder and stopped again. Ends with one line of figures, and with 0 only if all is good.
import { startPostgres, type TestPostgres } from '@kura/testing/postgres.ts';
import { runSuites } from './suites.ts';

/** Of the coordinator, each noun that has tables; the same files that run on SQLite with `npm test`. */
const NOUNS = [
  'closing',
  'accounts',
  'authority',
  'custody',
  'hazards/history',
  'hazards/look',
  'impostors',
  'inbox',
  'incidents',
  'leases',
  'mail',
  'members',
  'operator',
  'prune',
  'removal',
  'sessions',
  'stores',
  'uploads',
  'validity',
  'webhooks',
];

const PLACES = [
  'packages/database/postgres',
  `apps/coordinator/{${NOUNS}}/*`,
  'tests/network/custody',
  'tests/audits/{rounds,validity}',
  'tests/incidents/verdicts',
  'tests/moves/{drain,evacuation,changes,repair,events,notices,shared}',
];
const FILES = `{${PLACES}}.test.ts`;

if (import.meta.main) {
  let server: TestPostgres;
  try {
    server = await startPostgres();
  } catch (error) {
    console.error(`no server: ${error instanceof Error ? error.message : error}`);
    console.error('On Debian: apt install postgresql, and nothing more; no port is opened.');
    process.exit(1);
  }
  try {
    process.exitCode = await runSuites('test:postgres', {
      files: process.argv[2] ?? FILES,
      environment: { KURA_TEST_POSTGRES: server.url },
      against: 'on PostgreSQL',
      atOnce: 2,
    });
  } finally {
    await server.close();
  }
}
