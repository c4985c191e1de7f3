// Goal: the hostile cases would notice a restore that writes outside: whatever is done to the canary, or
// beside the target, is a violation.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SeededRandom } from '@kura/testing';
import { Arena } from './arena.ts';
import { Violation } from './kind.ts';

const HARMS: Readonly<Record<string, (arena: Arena) => void>> = {
  'a new file': ({ canary }) => fs.writeFileSync(join(canary, 'new'), ''),
  'other content': ({ canary }) => fs.writeFileSync(join(canary, 'file'), 'canary FILE'),
  'another mode': ({ canary }) => fs.chmodSync(join(canary, 'a'), 0o700),
  'another time': ({ canary }) => fs.utimesSync(join(canary, 'a/b/file'), 1, 1),
  'the same file made again': ({ canary }) => {
    const path = join(canary, 'a/file');
    const { mtime } = fs.statSync(path);
    fs.renameSync(path, `${path}.away`);
    fs.copyFileSync(`${path}.away`, path);
    fs.rmSync(`${path}.away`);
    fs.utimesSync(path, mtime, mtime);
  },
  'something removed': ({ canary }) => fs.unlinkSync(join(canary, 'link')),
  'something beside the target': ({ path }) => fs.writeFileSync(join(path, 'stray'), ''),
};

describe('arena', () => {
  for (const [what, harm] of Object.entries(HARMS)) {
    it(`notices ${what}`, () => {
      const arena = new Arena();
      try {
        arena.lay(new SeededRandom(5));
        arena.check();
        harm(arena);
        assert.throws(() => arena.check(), Violation);
      } finally {
        arena.close();
      }
    });
  }
});
