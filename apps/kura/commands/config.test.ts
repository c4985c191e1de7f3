import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PROGRAM_ROLES } from '@kura/daemon';
import { run } from '../cli/test-host.ts';
import { EXIT } from '../errors/exit-codes.ts';

const example = (role: string): string =>
  fileURLToPath(new URL(`../../../packaging/config/${role}.toml`, import.meta.url));

describe('kura config', () => {
  for (const role of PROGRAM_ROLES) {
    it(`finds the example of a ${role} in order`, async () => {
      const { code, out } = await run(['config', 'validate', example(role)]);
      assert.equal(code, EXIT.done, out);
      assert.match(out, new RegExp(`configuration of a ${role}`));
    });
  }

  it('shows each value with where it comes from, and no password', async () => {
    const scene = {
      environment: { KURA_DATABASE_URL: 'postgres://kura:geheim@db/kura', KURA_STATE: '/other' },
    };
    const { out } = await run(['config', 'show', example('gateway')], scene);
    assert.match(out, /^state +\/other {2}\(KURA_STATE\)$/m);
    assert.match(out, /^gateway\.spool_gib +8 {2}\(.*gateway\.toml:14\)$/m);
    assert.match(out, /^limits\.send_mib_s +0 {2}\(default\)$/m);
    assert.ok(!out.includes('geheim'));
  });

  it('names everything that is wrong, each with its line, and exits with 2', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kura-config-'));
    try {
      const file = join(folder, 'bad.toml');
      writeFileSync(file, 'role = "gateway"\nstaet = "x"\n[listen]\naddress = "here"\n');
      const { code, out, err } = await run(['config', 'validate', file]);
      assert.equal(code, EXIT.usage);
      assert.match(out, /bad\.toml:2: "staet" is not known; "state"\?/);
      assert.match(out, /bad\.toml:4: "listen.address" must be an address/);
      assert.match(err, /4 things are wrong/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
