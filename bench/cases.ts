// The cases and what the project promises for each. A case says which data it backs up and what is
// timed; how a tool does it is in tools.ts. Goals are compared with medians of ratios per round.
import type { ToolName } from './tools.ts';

export const CASE_NAMES = ['random', 'log', 'tree', 'unchanged', 'restore', 'edit'] as const;
export type CaseName = (typeof CASE_NAMES)[number];

export const SOURCES = ['random', 'log', 'tree'] as const;
export type Source = (typeof SOURCES)[number];

/** first: into a fresh repository · again: on top of one · restore: out of one. */
export type Act = 'first' | 'again' | 'restore';

export interface Goal {
  readonly against: ToolName;
  /**
   * faster: wall time of the other over Kura's, at least · slower: Kura's (two copies) over one copy's,
   * at most · memory, stored: Kura's over the other's, at most · growth: bytes, at most.
   */
  readonly kind: 'faster' | 'slower' | 'memory' | 'stored' | 'growth';
  readonly limit: number;
}

export interface Case {
  readonly name: CaseName;
  readonly title: string;
  readonly source: Source;
  readonly act: Act;
  /** Kura with two copies takes part; it does not where the disk would hold nothing else. */
  readonly hasTwoCopies: boolean;
  readonly goals: readonly Goal[];
}

const MIB = 2 ** 20;
const TWO_COPIES: Goal = { against: 'kura', kind: 'slower', limit: 1.6 };

export const CASES: Readonly<Record<CaseName, Case>> = {
  random: {
    name: 'random',
    title: 'First backup of random bytes in one file',
    source: 'random',
    act: 'first',
    hasTwoCopies: true,
    goals: [
      { against: 'restic', kind: 'faster', limit: 3.5 },
      { against: 'borg', kind: 'faster', limit: 2 },
      TWO_COPIES,
    ],
  },
  log: {
    name: 'log',
    title: 'First backup of log text in one file',
    source: 'log',
    act: 'first',
    hasTwoCopies: true,
    goals: [
      { against: 'restic', kind: 'faster', limit: 2.5 },
      { against: 'borg', kind: 'faster', limit: 1.5 },
      { against: 'restic', kind: 'stored', limit: 1.08 },
      TWO_COPIES,
    ],
  },
  tree: {
    name: 'tree',
    title: 'First backup of a mixed tree',
    source: 'tree',
    act: 'first',
    hasTwoCopies: true,
    goals: [
      { against: 'restic', kind: 'faster', limit: 2.8 },
      { against: 'borg', kind: 'faster', limit: 4 },
      { against: 'restic', kind: 'stored', limit: 1.05 },
      { against: 'restic', kind: 'memory', limit: 1.2 },
      TWO_COPIES,
    ],
  },
  unchanged: {
    name: 'unchanged',
    title: 'The same tree again, unchanged',
    source: 'tree',
    act: 'again',
    hasTwoCopies: true,
    goals: [{ against: 'restic', kind: 'faster', limit: 4 }],
  },
  restore: {
    name: 'restore',
    title: 'Full restore of the tree',
    source: 'tree',
    act: 'restore',
    hasTwoCopies: true,
    goals: [{ against: 'restic', kind: 'faster', limit: 2 }],
  },
  edit: {
    name: 'edit',
    title: '1 KiB inserted in the middle of the random file',
    source: 'random',
    act: 'again',
    hasTwoCopies: false,
    goals: [
      { against: 'restic', kind: 'faster', limit: 4 },
      { against: 'kura', kind: 'growth', limit: 8 * MIB },
    ],
  },
};
