// How each tool makes a repository, saves a folder, saves it again and gives it back: one object per
// tool, same verbs. Every tool runs with its own defaults, encrypts (bup cannot) and keeps its caches
// beside its repository, so that removing one folder forgets everything.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from './measure.ts';
import { type InstalledPeer, PEER_NAMES } from './peers.ts';

export const TOOL_NAMES = ['kura', 'kura-2', ...PEER_NAMES] as const;
export type ToolName = (typeof TOOL_NAMES)[number];

export interface Tool {
  readonly name: ToolName;
  readonly title: string;
  /** Untimed; makes everything that the first backup needs. */
  init(place: string): readonly Command[];
  /** `turn` makes names of snapshots distinct where a tool wants that. */
  backup(place: string, source: string, turn: number): Command;
  restore(place: string, target: string, turn: number): Command;
  /** Bytes of new data in the store that the tool itself reports, without parity. */
  reportedBytes(output: string): number | undefined;
  /** Folder whose size is the size of what is stored. */
  storedFolder(place: string): string;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Protects nothing: the data is generated, and thrown away. */
const PASSPHRASE = 'benchmark benchmark benchmark';
const CITIES = ['osaka', 'singapore', 'frankfurt'];

function kura(copies: 1 | 2): Tool {
  const run = (place: string, argv: readonly string[]): Command => ({
    argv: [join(ROOT, 'kura'), ...argv],
    env: { KURA_HOME: join(place, 'home'), KURA_PASSPHRASE: PASSPHRASE },
    cwd: place,
  });
  return {
    name: copies === 1 ? 'kura' : 'kura-2',
    title: copies === 1 ? 'Kura, one copy' : 'Kura, two copies',
    init(place) {
      const stores = CITIES.flatMap((city) => [
        '--store',
        `${join(place, 'stores', city)}=${city}`,
      ]);
      mkdirSync(join(place, 'stores'), { recursive: true });
      return [run(place, ['init', ...stores, '--home', 'tokyo', '--copies', String(copies)])];
    },
    backup: (place, source) => run(place, ['backup', source, '--json', '--quiet']),
    restore: (place, target) => run(place, ['restore', 'latest', '--target', target, '--quiet']),
    reportedBytes(output) {
      const line = output.split('\n').find((text) => text.includes('"message_type":"summary"'));
      if (line === undefined) return undefined;
      const summary: { readonly data_added_packed?: number } = JSON.parse(line);
      return summary.data_added_packed;
    },
    storedFolder: (place) => join(place, 'stores'),
  };
}

function restic(program: string): Tool {
  const run = (place: string, argv: readonly string[]): Command => ({
    argv: [program, '-r', join(place, 'repository'), ...argv],
    env: { RESTIC_PASSWORD: PASSPHRASE, RESTIC_CACHE_DIR: join(place, 'cache') },
    cwd: place,
  });
  return {
    name: 'restic',
    title: 'restic',
    init: (place) => [run(place, ['init', '-q'])],
    backup: (place, source) => run(place, ['backup', '-q', source]),
    restore: (place, target) => run(place, ['restore', '-q', 'latest', '--target', target]),
    reportedBytes: () => undefined,
    storedFolder: (place) => join(place, 'repository'),
  };
}

function borg(program: string, extra: Readonly<Record<string, string>>): Tool {
  const repository = (place: string): string => join(place, 'repository');
  const run = (place: string, argv: readonly string[], cwd = place): Command => ({
    argv: [program, ...argv] as [string, ...string[]],
    env: { ...extra, BORG_PASSPHRASE: PASSPHRASE, BORG_BASE_DIR: join(place, 'base') },
    cwd,
  });
  return {
    name: 'borg',
    title: 'BorgBackup',
    init: (place) => [run(place, ['init', '-e', 'repokey', repository(place)])],
    backup: (place, source, turn) =>
      run(place, ['create', '-C', 'lz4', `${repository(place)}::turn-${turn}`, source]),
    restore: (place, target, turn) =>
      run(place, ['extract', `${repository(place)}::turn-${turn}`], target),
    reportedBytes: () => undefined,
    storedFolder: repository,
  };
}

function bup(program: string): Tool {
  const run = (place: string, argv: readonly [string, ...string[]]): Command => ({
    argv,
    env: { BUP_DIR: join(place, 'repository') },
    cwd: place,
  });
  return {
    name: 'bup',
    title: 'bup (does not encrypt)',
    init: (place) => [run(place, [program, 'init'])],
    backup: (place, source) =>
      run(place, [
        'sh',
        '-c',
        '"$1" index "$2" && exec "$1" save -q -n turn "$2"',
        'sh',
        program,
        source,
      ]),
    restore: (place, target) =>
      run(place, [program, 'restore', '-q', '-C', target, '/turn/latest/']),
    reportedBytes: () => undefined,
    storedFolder: (place) => join(place, 'repository'),
  };
}

export function makePeer(peer: InstalledPeer): Tool {
  switch (peer.name) {
    case 'restic':
      return restic(peer.program);
    case 'borg':
      return borg(peer.program, peer.env);
    case 'bup':
      return bup(peer.program);
  }
}

export const KURA_ONE = kura(1);
export const KURA_TWO = kura(2);
