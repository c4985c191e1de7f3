// Goal: the table by which packs follow the speed of the line can be set, and a table that makes no sense is told (C8).
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { maxLeavesAt, STANDARD_SPEEDS } from '@kura/agent/line-speed/line-speed.ts';
import { KuraError, STANDARD_SHAPE } from '@kura/base';
import { nodeDisk as disk } from '@kura/native';
import { readAgentConfig } from './agent-config.ts';

const MBIT = 125_000;

function homeWith(test: TestContext, text: string | undefined) {
  const homeFolder = mkdtempSync(join(tmpdir(), 'kura-agent-config-'));
  test.after(() => rmSync(homeFolder, { recursive: true }));
  if (text !== undefined) writeFileSync(join(homeFolder, 'agent.toml'), text);
  return (environment: Readonly<Record<string, string>> = {}) =>
    readAgentConfig({ disk, homeFolder }, environment);
}

describe('C8: agent.toml', () => {
  it('says nothing where it is not, or is silent', async (test) => {
    assert.deepEqual((await homeWith(test, undefined)()).packSizes, STANDARD_SPEEDS);
    assert.deepEqual((await homeWith(test, '# nothing\n')()).packSizes, STANDARD_SPEEDS);
  });

  it('decides how large packs are on this line', async (test) => {
    const { packSizes } = await homeWith(test, '[line]\npack_sizes = [1, 1000]\n')();
    const [small, medium, large] = STANDARD_SHAPE.packLeaves;
    const leaves = [0.5, 1, 999, 1000].map((mbit) =>
      maxLeavesAt(mbit * MBIT, STANDARD_SHAPE, packSizes),
    );
    assert.deepEqual(leaves, [small, medium, medium, large]);
  });

  it('gives way to the environment', async (test) => {
    const read = homeWith(test, '[line]\npack_sizes = [1, 1000]\n');
    const { packSizes } = await read({ KURA_LINE_PACK_SIZES: '3;4' });
    assert.deepEqual(packSizes, [3 * MBIT, 4 * MBIT]);
  });

  it('is refused by name and line if it makes no sense', async (test) => {
    for (const given of ['[20, 2]', '[1]', '["a", "b"]', '2', '[-1, 5]']) {
      await assert.rejects(
        homeWith(test, `[line]\npack_sizes = ${given}\n`)(),
        (error) =>
          error instanceof KuraError &&
          error.code === 'usage' &&
          /agent\.toml:2: "line.pack_sizes" must be two speeds/.test(error.message),
      );
    }
    await assert.rejects(homeWith(test, '[lines]\n')(), /"lines" is not known; "line"\?/);
  });
});
