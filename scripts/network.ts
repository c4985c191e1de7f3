// `npm run test:network [-- PATTERN]`: end-to-end tests of a network of others, its programs started as processes on
// loopback, on SQLite and PostgreSQL, with folders and buckets. Servers for the last two are started here and stopped
// again; one that cannot be had is named, and then what needs it is counted as skipped and the end is not good.
// Without the servers, the same files are part of `npm test`.
import { startPostgres } from '@kura/testing/postgres.ts';
import { findObjectStore } from './s3/object-store.ts';
import { runSuites } from './suites.ts';

interface Server {
  readonly name: string;
  readonly environment: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

async function startTables(): Promise<Server> {
  const server = await startPostgres();
  const environment = { KURA_TEST_POSTGRES: server.url };
  return { name: 'PostgreSQL', environment, stop: () => server.close() };
}

/** Undefined, and said, if it cannot be had. */
async function tried(start: () => Promise<Server>): Promise<Server | undefined> {
  try {
    return await start();
  } catch (error) {
    console.error(`test:network: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

if (import.meta.main) {
  const started = await Promise.all([tried(startTables), tried(findObjectStore)]);
  const servers = started.filter((server) => server !== undefined);
  try {
    const names = ['SQLite', 'folders', ...servers.map(({ name }) => name)];
    process.exitCode = await runSuites('test:network', {
      files: process.argv[2] ?? 'tests/network/*.test.ts',
      environment: Object.assign({}, ...servers.map(({ environment }) => environment)),
      against: `on ${names.join(', ')}`,
      // Each file starts a network of its own.
      atOnce: 1,
    });
  } finally {
    for (const server of servers) await server.stop();
  }
}
