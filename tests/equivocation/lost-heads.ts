// A coordinator that shows less of a member's snapshots than there are, or others: rolled-back heads and removed
// snapshots, against what a device remembers (docs/design/heads.md). Without the owner's order nothing may be
// missing.
import { compareHistory, type ShownHead } from '@kura/agent/heads/compare-history.ts';
import { type KnownHistory, NOTHING_KNOWN } from '@kura/agent/heads/known-history.ts';
import { type DeviceId, deviceId, must, type SnapshotId, snapshotId, toHex } from '@kura/base';
import type { SeededRandom } from '@kura/testing';
import { type AttackKind, type Attempt, pick } from './attack.ts';

interface Member {
  readonly heads: readonly ShownHead[];
  readonly known: KnownHistory;
  readonly forgotten: ReadonlySet<SnapshotId>;
}

const newId = (random: SeededRandom): SnapshotId => snapshotId(toHex(random.bytes(32)));

/** Several devices, each with its chain; a few snapshots were forgotten by order. */
function openMember(random: SeededRandom): Member {
  const devices = Array.from({ length: 1 + random.below(3) }, () =>
    deviceId(toHex(random.bytes(16))),
  );
  const newest = new Map<DeviceId, SnapshotId>();
  const heads: ShownHead[] = [];
  let leafIndex = random.below(10);
  for (let entry = 2 + random.below(20); entry > 0; entry--) {
    const device = pick(random, devices);
    const id = newId(random);
    heads.push({
      snapshotId: id,
      deviceId: device,
      leafIndex,
      timeMs: leafIndex,
      names: [...newest.values()],
    });
    newest.set(device, id);
    leafIndex += 1 + random.below(5);
  }
  const isForgotten = (at: number): boolean => at < heads.length - 2 && random.chance(0.2);
  const forgotten = new Set(
    heads.filter((_, at) => isForgotten(at)).map((head) => head.snapshotId),
  );
  const standing = heads.filter((head) => !forgotten.has(head.snapshotId));
  const known = new Map(standing.map(({ names: _, ...head }) => [head.snapshotId, head]));
  return { heads: standing, known: { ...NOTHING_KNOWN, standing: known, forgotten }, forgotten };
}

function show(
  member: Member,
  what: string,
  heads: readonly ShownHead[],
  known = member.known,
): Attempt {
  const { forgotten } = member;
  const shown = { heads, unreadable: new Set<SnapshotId>(), forgotten, isCurrent: true };
  const findings = compareHistory(known, shown);
  const named = [...new Set(findings.map(({ kind }) => kind))];
  return { what, isAccepted: findings.length === 0, named };
}

type Shown = (member: Member, random: SeededRandom) => readonly ShownHead[];

const stranger = ({ heads }: Member, random: SeededRandom): ShownHead => {
  const last = must(heads.at(-1), 'two at least');
  return {
    ...last,
    snapshotId: newId(random),
    leafIndex: last.leafIndex + random.below(3),
    names: [],
  };
};

const kind = (
  name: string,
  names: readonly string[],
  lies: Readonly<Record<string, Shown>>,
): AttackKind => ({
  name,
  names: new Set(names),
  async attempt(random) {
    const member = openMember(random);
    const what = pick(random, Object.keys(lies));
    return show(member, what, must(lies[what], 'it was picked')(member, random));
  },
  async honest(random) {
    const member = openMember(random);
    return show(member, 'the whole history', member.heads);
  },
  /** Nobody remembers, and nothing that is shown names what is gone. */
  async undefended(random) {
    const member = openMember(random);
    return show(member, 'without a memory', [], NOTHING_KNOWN);
  },
});

export const rolledBackHeads = kind('rolled-back heads', ['older', 'forked', 'missing'], {
  'the end cut off': ({ heads }, random) => heads.slice(0, random.below(heads.length)),
  'the end exchanged': (member, random) => [
    ...member.heads.slice(0, random.below(member.heads.length)),
    stranger(member, random),
  ],
  nothing: () => [],
});

export const removedSnapshots = kind('removed snapshots', ['missing', 'older', 'forked', 'moved'], {
  'one of them gone': ({ heads }, random) => heads.toSpliced(random.below(heads.length), 1),
  'several gone': ({ heads }, random) => {
    const at = random.below(heads.length);
    return heads.filter((_, index) => index !== at && random.chance(0.5));
  },
  'one exchanged for another': (member, random) =>
    member.heads.with(random.below(member.heads.length), stranger(member, random)),
  'one at another place of the log': ({ heads }, random) => {
    const at = random.below(heads.length);
    const head = must(heads[at], 'in it');
    return heads.with(at, { ...head, leafIndex: head.leafIndex + 1 });
  },
});
