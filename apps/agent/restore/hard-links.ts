// Files with several names. The snapshot says which entries were one file; entries that claim so but
// differ are kept apart, whether a file changed while it was saved or somebody forged the claim.
import { type ByteString, toHex } from '@kura/base';
import type { TreeEntry } from '@kura/format/types.ts';
import { CREATE, REPLACE, type RestorePlan, UNCHANGED } from './plan.ts';

interface Member {
  readonly folder: number;
  readonly ordinal: number;
  /** Of what stands in the target under this name. */
  readonly inode: bigint | undefined;
}

/** The staged name that the other names of a file are linked to. */
export interface LinkPrimary {
  folder: number;
  name: ByteString;
}

interface Group {
  readonly facts: string;
  readonly dataBytes: number;
  readonly members: Member[];
  primary: LinkPrimary | undefined;
}

export type LinkRole = { readonly primary: LinkPrimary } | 'alone' | 'first';

/** Everything that two names of one file have in common. */
function factsOf(entry: TreeEntry): string {
  const { type, mode, uid, gid, mtimeNs, sizeBytes, target, deviceNumber } = entry;
  const content = entry.content.map(({ id }) => toHex(id)).join();
  return [type, mode, uid, gid, mtimeNs, sizeBytes, target, deviceNumber, content].join('\0');
}

/** Long contents are told apart well enough by their ends and number. */
const MAX_FACTS = 4096;

function shortFactsOf(entry: TreeEntry): string {
  const facts = factsOf(entry);
  if (facts.length <= MAX_FACTS) return facts;
  return `${facts.length}\0${facts.slice(0, MAX_FACTS / 2)}\0${facts.slice(-MAX_FACTS / 2)}`;
}

export function isLinked(entry: TreeEntry): boolean {
  return entry.links > 1 && entry.type !== 'folder';
}

export class HardLinks {
  readonly #groups = new Map<string, Group>();

  #groupOf(entry: TreeEntry): Group | undefined {
    return this.#groups.get(`${entry.device}:${entry.inode}`);
  }

  /** Notes a name that is selected; false if it claims to be a file that it is not. */
  note(entry: TreeEntry, member: Member & { readonly dataBytes: number }): boolean {
    const { dataBytes, ...rest } = member;
    const facts = shortFactsOf(entry);
    const group = this.#groupOf(entry);
    if (group !== undefined) {
      if (group.facts !== facts) return false;
      group.members.push(rest);
      return true;
    }
    const founded: Group = { facts, dataBytes, members: [rest], primary: undefined };
    this.#groups.set(`${entry.device}:${entry.inode}`, founded);
    return true;
  }

  /**
   * After the walk: a file is restored under all its names or under none, and counted once. Names that
   * could stay are replaced if another one cannot, or if they are different files now.
   */
  settle(plan: RestorePlan): void {
    for (const { members, dataBytes } of this.#groups.values()) {
      const decided = (decision: number): Member[] =>
        members.filter(({ ordinal }) => plan.decision(ordinal) === decision);
      const standing = decided(UNCHANGED);
      let stagedCount = decided(CREATE).length + decided(REPLACE).length;
      const isOneFile = new Set(standing.map(({ inode }) => inode)).size <= 1;
      if (standing.length > 0 && (stagedCount > 0 || !isOneFile)) {
        for (const { folder, ordinal } of standing) {
          plan.decide(ordinal, REPLACE);
          plan.counts.unchanged--;
          plan.counts.updated++;
          plan.folder(folder).stagedCount++;
          plan.need(folder);
          stagedCount++;
        }
      }
      if (stagedCount > 0) plan.needData(dataBytes);
    }
  }

  /** While staging: the first staged name of a file holds it, the others are linked to that. */
  roleOf(entry: TreeEntry): LinkRole {
    const group = this.#groupOf(entry);
    if (group === undefined || group.facts !== shortFactsOf(entry)) return 'alone';
    return group.primary === undefined ? 'first' : { primary: group.primary };
  }

  setPrimary(entry: TreeEntry, folder: number, name: ByteString): void {
    const group = this.#groupOf(entry);
    if (group !== undefined) group.primary = { folder, name };
  }
}
