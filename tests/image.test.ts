// Goal: what the Dockerfile makes runs with nothing but what it copies: no shell, no file of this checkout, no package
// that only tests need, and a user without rights. Where no container engine is, the same root is made here and
// entered with chroot.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { EXIT } from '@kura/kura/errors/exit-codes.ts';
import { ImageRecipe, makeImageRoot } from './image-root.ts';
import { HANG_MS } from './real/kura.ts';

const skip = process.getuid?.() === 0 ? false : 'needs root: chroot';

describe('the container image', { skip }, () => {
  const recipe = new ImageRecipe();
  let root: string;

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'kura-image-'));
    makeImageRoot(recipe, root);
    const [uid, gid] = recipe.user.split(':').map(Number);
    chownSync(join(root, 'var/lib/kura'), uid ?? 0, gid ?? 0);
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  /** The image's command with these arguments, as its user, with a file system of its own and `/proc`. */
  const run = (...argv: string[]) => {
    const enter = 'mount -t proc proc "$1/proc" && user="$2" && shift 2 && exec chroot';
    const script = `root="$1"; ${enter} --userspec="$user" "$root" "$@"`;
    const words = ['sh', '-c', script, 'sh', root, recipe.user, ...recipe.entry, ...argv];
    const ended = spawnSync('unshare', ['--mount', '--pid', '--fork', ...words], {
      encoding: 'utf8',
      env: { HOME: '/var/lib/kura', MALLOC_ARENA_MAX: '1' },
      timeout: HANG_MS,
    });
    return { code: ended.status, out: ended.stdout, said: `${ended.stdout}${ended.stderr}` };
  };

  it('says what it can do', () => {
    const { code, out, said } = run('--help');
    assert.equal(code, 0, said);
    assert.match(out, /serve/);
  });

  it('founds a network in its volume', () => {
    const file = join(root, 'etc/kura/coordinator.toml');
    const [state, url] = ['/var/lib/kura/coordinator', '/var/lib/kura/network.db'];
    writeFileSync(
      file,
      `role = "coordinator"\nstate = "${state}"\n[listen]\naddress = "127.0.0.1:7443"\n` +
        `[database]\nurl = "${url}"\n`,
    );
    const { code, out, said } = run('serve', 'coordinator', '--found', '--operator', 'ada');
    assert.equal(code, 0, said);
    assert.match(out, /^kura-invite:/m);
  });

  for (const role of ['gateway', 'store'] as const) {
    it(`has all that a ${role} is made of, and says that it is not enrolled yet`, () => {
      writeFileSync(join(root, `etc/kura/${role}.toml`), FILES[role]);
      const { code, said } = run('serve', role);
      assert.equal(code, EXIT.noNetwork, said);
    });
  }

  it('has all that a reader is made of, and says that there is no shelf yet', () => {
    writeFileSync(join(root, 'etc/kura/reader.toml'), FILES.reader);
    const { code, said } = run('serve', 'reader');
    assert.equal(code, EXIT.failed, said);
    assert.match(said, /folder .* is not there/);
  });
});

const SHELF = '[shelf]\npath = "/var/lib/kura/shelf"\n';
const FILES = {
  gateway:
    'role = "gateway"\nstate = "/var/lib/kura/gateway"\n[listen]\naddress = "127.0.0.1:7443"\n' +
    '[database]\nurl = "/var/lib/kura/network.db"\n',
  store:
    `role = "store"\nstate = "/var/lib/kura/store"\n${SHELF}[store]\nkind = "strict"\n` +
    'place = "osaka"\nline_mbit = 100\ncapacity_gib = 20\noperator = "ada"\n',
  reader: `role = "reader"\nstate = "/var/lib/kura/store"\n[listen]\naddress = "127.0.0.1:7445"\n${SHELF}`,
} as const;
