// For tests: a backup of nothing in particular.
import type { BackupOptions } from './options.ts';

export function backupOptions(change: Partial<BackupOptions> = {}): BackupOptions {
  return {
    paths: [],
    isExcluded: () => false,
    excludeCaches: false,
    oneFileSystem: false,
    kind: 'auto',
    hostname: 'host',
    username: 'user',
    tags: [],
    dryRun: false,
    ...change,
  };
}
