// All commands: what `kura --help` says about each, and where it is. A command's module is loaded only when
// it is called, so that `kura snapshots` starts without the code of `kura restore`.
import type { CommandEntry } from './types.ts';

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'init',
    summary: 'found a network of stores, each in its own city',
    group: 'Begin:',
    load: () => import('./init.ts'),
  },
  {
    name: 'join',
    summary: 'join a network that somebody else runs',
    group: 'Begin:',
    load: () => import('./join.ts'),
  },
  {
    name: 'adopt',
    summary: 'bring this network of folders into one that somebody runs, without a new upload',
    group: 'Begin:',
    load: () => import('./adopt.ts'),
  },
  {
    name: 'recover',
    summary: 'bring everything back from the recovery words and the stores',
    group: 'Begin:',
    load: () => import('./recover.ts'),
  },
  {
    name: 'backup',
    summary: 'save files and folders as a new snapshot',
    group: 'Save and get back:',
    load: () => import('./backup.ts'),
  },
  {
    name: 'restore',
    summary: 'bring a snapshot, or a part of it, back',
    group: 'Save and get back:',
    load: () => import('./restore.ts'),
  },
  {
    name: 'dump',
    summary: 'write one file of a snapshot to standard output',
    group: 'Save and get back:',
    load: () => import('./dump.ts'),
  },
  {
    name: 'snapshots',
    summary: 'list snapshots',
    group: 'Look:',
    load: () => import('./snapshots.ts'),
  },
  {
    name: 'ls',
    summary: 'list what is in a snapshot',
    group: 'Look:',
    load: () => import('./ls.ts'),
  },
  {
    name: 'find',
    summary: 'find files by name in all snapshots',
    group: 'Look:',
    load: () => import('./find.ts'),
  },
  {
    name: 'diff',
    summary: 'show what changed between two snapshots',
    group: 'Look:',
    load: () => import('./diff.ts'),
  },
  {
    name: 'copies',
    summary: 'show in which cities the copies of each pack lie',
    group: 'Look:',
    load: () => import('./copies.ts'),
  },
  {
    name: 'stats',
    summary: 'count files and bytes',
    group: 'Look:',
    load: () => import('./stats.ts'),
  },
  {
    name: 'journal',
    summary: 'show what ran, when, and how it went',
    group: 'Look:',
    load: () => import('./journal.ts'),
  },
  {
    name: 'receipts',
    summary: 'show and check the signed proofs of custody',
    group: 'Look:',
    load: () => import('./receipts.ts'),
  },
  {
    name: 'check',
    summary: 'check that everything can be restored, and repair it',
    group: 'Care:',
    load: () => import('./check.ts'),
  },
  {
    name: 'forget',
    summary: 'drop snapshots by rule or by id',
    group: 'Care:',
    load: () => import('./forget.ts'),
  },
  {
    name: 'prune',
    summary: 'remove what no snapshot needs any more',
    group: 'Care:',
    load: () => import('./prune.ts'),
  },
  {
    name: 'tag',
    summary: 'change the tags of snapshots',
    group: 'Care:',
    load: () => import('./tag.ts'),
  },
  {
    name: 'cache',
    summary: 'show, clear or rebuild the local cache',
    group: 'Care:',
    load: () => import('./cache.ts'),
  },
  {
    name: 'moves',
    summary: 'move copies out of harm, say where they may lie',
    group: 'Care:',
    load: () => import('../moves/register.ts'),
  },
  {
    name: 'key',
    summary: 'change the passphrase, show the recovery words',
    group: 'Keys and help:',
    load: () => import('./key.ts'),
  },
  {
    name: 'up',
    summary: 'run a whole network on this machine, for a look around',
    group: 'Run a network:',
    load: () => import('./up.ts'),
  },
  {
    name: 'serve',
    summary: 'run a coordinator, gateway, store or reader',
    group: 'Run a network:',
    load: () => import('./serve.ts'),
  },
  {
    name: 'operator',
    summary: 'run a network for others: members, plans, stores, certificates',
    group: 'Run a network:',
    load: () => import('../operator/register.ts'),
  },
  {
    name: 'config',
    summary: 'check and show the configuration of a program',
    group: 'Run a network:',
    load: () => import('./config.ts'),
  },
  {
    name: 'card',
    summary: 'show and copy the card of a member of a network',
    group: 'Keys and help:',
    load: () => import('./card.ts'),
  },
  {
    name: 'completion',
    summary: 'print the completion script of a shell',
    group: 'Keys and help:',
    load: () => import('./completion.ts'),
  },
];
