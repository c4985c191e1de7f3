// `npm run test:s3`: the suites of stores in buckets, against a real object store. One that `KURA_S3_ENDPOINT`,
// `KURA_S3_ACCESS_KEY` and `KURA_S3_SECRET_KEY` name is used; else Ceph's RADOS gateway is fetched, started on loopback
// and stopped again. Ends with one line of figures, and with 0 only if all is good.
import { findObjectStore, type ObjectStore } from './s3/object-store.ts';
import { runSuites } from './suites.ts';

if (import.meta.main) {
  let store: ObjectStore;
  try {
    store = await findObjectStore();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
  try {
    const { environment } = store;
    const against = `against ${store.name}`;
    process.exitCode = await runSuites('test:s3', {
      files: 'tests/s3/*.test.ts',
      environment,
      against,
    });
  } finally {
    await store.stop();
  }
}
