// Damaged and forged journals of interrupted restores, as the next restore finds them. A journal can at
// worst be refused: it names nothing outside the target, and a damaged one loses nothing.
import fs from 'node:fs';
import { join } from 'node:path';
import {
  encodeJournalHeader,
  encodePlan,
  type JournalFolder,
} from '@kura/agent/restore/journal.ts';
import { recoverInterruptedRestore } from '@kura/agent/restore/recover.ts';
import { type ByteString, KuraError } from '@kura/base';
import { loadNative } from '@kura/native';
import type { SeededRandom } from '@kura/testing';
import { Arena, NAMES } from './arena.ts';
import { type HostileCases, type HostileKind, type Outcome, Violation } from './kind.ts';

const { posix } = loadNative();
const NOBODY = { self: 'this process', isAlive: () => false };
const STAGING = '.kura-restore-0101010101010101-17c4b1e2a3f40000';

const PATHS: readonly (readonly string[])[] = [[], ['a'], ['a', 'b'], ['link']];
const EVIL_PATHS: typeof PATHS = [['..'], ['..', 'canary'], ['../canary'], ['\u012e\u012e']];

function anyFolder(random: SeededRandom): JournalFolder {
  const evilNames = ['..', '../canary/file', '.', 'x'.repeat(2000), '\u012f', STAGING];
  const name = (): string => random.pick(random.chance(0.05) ? evilNames : NAMES);
  const count = random.below(4);
  return {
    path: random.pick(random.chance(0.05) ? EVIL_PATHS : PATHS) as readonly ByteString[],
    mode: random.pick([0o700, 0o755, 0]),
    uid: random.pick([0, 1000]),
    gid: 0,
    mtimeNs: BigInt(random.below(1000)),
    attributes: random.chance(0.3) ? [] : undefined,
    swaps: Array.from({ length: count }, () => ({
      name: name() as ByteString,
      undo: random.chance(0.6) ? random.below(3) : undefined,
      movesIn: random.chance(0.6),
    })),
  };
}

function anyJournal(random: SeededRandom): Uint8Array {
  const folders = Array.from({ length: 1 + random.below(3) }, () => anyFolder(random));
  const end = random.chance(0.2) ? 'kuradone' : '';
  const bytes = Buffer.concat([encodeJournalHeader('x'), encodePlan(folders), Buffer.from(end)]);
  const damage = random.below(4);
  if (damage === 0) return bytes.subarray(0, random.below(bytes.length));
  if (damage === 1) {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 + random.below(255));
  }
  return bytes;
}

class InterruptedRestores implements HostileCases {
  readonly #arena = new Arena();

  async run(random: SeededRandom): Promise<Outcome> {
    const arena = this.#arena;
    arena.lay(random);
    const staging = join(arena.path, 'target', STAGING);
    fs.mkdirSync(staging, { recursive: true });
    fs.writeFileSync(join(staging, 'journal'), anyJournal(random));
    for (const part of ['tree', 'undo']) this.#fill(join(staging, part), random);
    const outcome = this.#recover();
    arena.check();
    return outcome;
  }

  #fill(path: string, random: SeededRandom): void {
    const choice = random.below(8);
    if (choice === 0) return;
    if (choice === 1) {
      fs.symlinkSync(this.#arena.canary, path);
      return;
    }
    fs.mkdirSync(path);
    if (choice === 2) return;
    if (path.endsWith('tree')) fs.mkdirSync(join(path, 'a'));
    const names = path.endsWith('undo') ? ['0', '1', '2'] : ['file', 'b', 'link'];
    for (const name of names) {
      if (random.chance(0.3)) fs.writeFileSync(join(path, name), 'x');
      else if (random.chance(0.2)) fs.symlinkSync(this.#arena.canary, join(path, name));
    }
  }

  #recover(): Outcome {
    try {
      const { left } = recoverInterruptedRestore(this.#arena.target, { posix, processes: NOBODY });
      return left.length === 0 ? 'accepted' : 'refused';
    } catch (error) {
      if (error instanceof KuraError) return 'refused';
      throw new Violation('an error without a type', error);
    }
  }

  close(): void {
    this.#arena.close();
  }
}

export const interruptedRestores: HostileKind = {
  name: 'interrupted restores',
  share: 1,
  open: () => new InterruptedRestores(),
};
