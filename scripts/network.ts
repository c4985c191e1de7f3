// `npm run test:network`: end-to-end tests of a network of others, its programs started as processes on loopback. They
// are part of `npm test` as well.
import { runSuites } from './suites.ts';

process.exitCode = await runSuites('test:network', {
  files: 'tests/network/*.test.ts',
  // Each file starts a network of its own.
  atOnce: 1,
});
