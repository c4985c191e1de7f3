// Goal: a folder with every odd file type, name and attribute comes back identical, in the eyes of an own
// walk and of rsync.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { type ByteString, byteString } from '@kura/base';
import { loadNative } from '@kura/native';
import { Scene } from '../real/scene.ts';
import { assertSameTree, describeTree, restored } from '../real/tree.ts';

const { posix } = loadNative();
const isRoot = process.getuid?.() === 0;
const APT_LIMIT_MS = 60_000;

/** The path of a name in any bytes. */
function at(folder: string, name: string | Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name)]);
}

function makeNames(folder: string): void {
  const names: readonly (string | Uint8Array)[] = [
    'plain',
    'with space ',
    'new\nline',
    'tab\tand "quotes" \\ and $(x)',
    '-rf',
    '*',
    '..hidden',
    '😀 日本語',
    'e\u0301', // two ways to write é, which are two names
    '\u00e9',
    new Uint8Array([0xff, 0xfe, 0x80]),
    new Uint8Array([0x62, 0x61, 0xe4, 0x2e, 0x74, 0x78, 0x74]), // "baä.txt" in latin1
    'n'.repeat(255),
    'あ'.repeat(85),
  ];
  for (const [index, name] of names.entries()) {
    writeFileSync(at(folder, name), `content ${index}`);
    mkdirSync(at(folder, Buffer.concat([Buffer.from('d'), Buffer.from(name).subarray(0, 200)])));
  }
}

function makeKinds(folder: string): void {
  writeFileSync(`${folder}/empty`, '');
  mkdirSync(`${folder}/empty folder`);
  symlinkSync('nowhere', `${folder}/dangling`);
  symlinkSync('loop', `${folder}/loop`);
  symlinkSync('..', `${folder}/up`);
  symlinkSync('/etc/passwd', `${folder}/absolute`);
  symlinkSync(Buffer.from([0xff, 0x2f, 0x0a]), at(folder, 'link of bytes'));
  symlinkSync('x'.repeat(4000), `${folder}/long link`);
  writeFileSync(`${folder}/first name`, 'linked');
  mkdirSync(`${folder}/other`);
  linkSync(`${folder}/first name`, `${folder}/other/second name`);
  linkSync(`${folder}/first name`, `${folder}/third name`);
  execFileSync('mkfifo', [`${folder}/fifo`]);
  execFileSync('mkfifo', ['-m', '0601', `${folder}/odd fifo`]);
  linkSync(`${folder}/fifo`, `${folder}/other/linked fifo`);
  const sparse = openSync(`${folder}/sparse`, 'w');
  writeSync(sparse, 'begin', 0);
  writeSync(sparse, 'middle', 4 << 20);
  closeSync(sparse);
  truncateSync(`${folder}/sparse`, 9 << 20);
  writeFileSync(`${folder}/only a hole`, '');
  truncateSync(`${folder}/only a hole`, 1 << 20);
  if (!isRoot) return;
  execFileSync('mknod', [`${folder}/null`, 'c', '1', '3']);
  execFileSync('mknod', [`${folder}/disk`, 'b', '259', '70000']);
}

function makeModes(folder: string): void {
  const modes = [0o000, 0o400, 0o644, 0o777, 0o4755, 0o2755, 0o6711, 0o1644];
  for (const mode of modes) {
    const path = `${folder}/mode ${mode.toString(8)}`;
    writeFileSync(path, 'x');
    if (isRoot) chownSync(path, 1234, 4321);
    chmodSync(path, mode);
  }
  for (const mode of [0o1777, 0o2770, 0o700]) {
    const path = `${folder}/folder ${mode.toString(8)}`;
    mkdirSync(path);
    writeFileSync(`${path}/inside`, 'x');
    if (isRoot) chownSync(path, 77, 4_000_000_000);
    chmodSync(path, mode);
  }
}

/** u::rw-, u:1000:r--, g::r--, m::rwx, o::--- as the kernel keeps it. */
const ACL = Buffer.from(
  [
    '02000000',
    '01000600ffffffff',
    '02000400e8030000',
    '04000400ffffffff',
    '10000700ffffffff',
    '20000000ffffffff',
  ].join(''),
  'hex',
);

function setAttribute(folder: string, name: string, attribute: string, value: Uint8Array): void {
  const opened = posix.openFolder(byteString(folder));
  posix.setAttributeAt(opened, byteString(name), { name: byteString(attribute), value });
  posix.close(opened);
}

function makeAttributes(folder: string): void {
  writeFileSync(`${folder}/tagged`, 'x');
  setAttribute(folder, 'tagged', 'user.empty', new Uint8Array());
  setAttribute(folder, 'tagged', 'user.名', new Uint8Array([0, 255, 10, 0]));
  setAttribute(folder, 'tagged', 'user.long', new Uint8Array(3000).fill(7));
  mkdirSync(`${folder}/tagged folder`);
  setAttribute(folder, 'tagged folder', 'user.colour', Buffer.from('blue'));
  writeFileSync(`${folder}/with acl`, 'x');
  setAttribute(folder, 'with acl', 'system.posix_acl_access', ACL);
  setAttribute(folder, 'tagged folder', 'system.posix_acl_default', ACL);
  if (!isRoot) return;
  setAttribute(folder, 'tagged', 'trusted.of root', Buffer.from('1'));
  // cap_net_raw: set after owner and mode, or the kernel takes it away.
  const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');
  setAttribute(folder, 'tagged', 'security.capability', capability);
}

function makeTimes(folder: string): void {
  const times = [-1.5, 0, 1_714_979_289.123456, 4_294_967_296.25];
  for (const [index, time] of times.entries()) {
    writeFileSync(`${folder}/time ${index}`, 'x');
    utimesSync(`${folder}/time ${index}`, time, time);
  }
  symlinkSync('x', `${folder}/old link`);
  lutimesSync(`${folder}/old link`, 1e9, 1e9);
  mkdirSync(`${folder}/old folder`);
  writeFileSync(`${folder}/old folder/new file`, 'x');
  utimesSync(`${folder}/old folder`, 946_684_800.5, 946_684_800.5);
  const file = posix.openRead(byteString(`${folder}/time 0`));
  posix.setTimes(file, 1_714_979_289_123_456_789n);
  posix.close(file);
}

const PARTS = {
  names: makeNames,
  kinds: makeKinds,
  modes: makeModes,
  attributes: makeAttributes,
  times: makeTimes,
} as const;

/** From the package manager of Debian if it is not there and we may; false if there is none. */
function hasRsync(): boolean {
  const answers = (): boolean => spawnSync('rsync', ['--version']).status === 0;
  if (answers()) return true;
  if (!isRoot) return false;
  const argv = ['install', '-y', '--no-install-recommends', 'rsync'];
  spawnSync('apt-get', argv, { timeout: APT_LIMIT_MS });
  return answers();
}

describe('every odd file type, name and attribute', () => {
  let scene: Scene;
  let expected: string[];

  before(async () => {
    scene = await Scene.founded({ stage: 'disk' });
    for (const [name, make] of Object.entries(PARTS)) {
      mkdirSync(`${scene.source}/${name}`);
      make(`${scene.source}/${name}`);
    }
    // A socket is made by who binds it; a node of its kind will do.
    const kinds = posix.openFolder(`${scene.source}/kinds` as ByteString);
    posix.makeNodeAt(kinds, byteString('socket'), 'socket', 0o640, 0n);
    posix.close(kinds);
    expected = describeTree(scene.source);
    await scene.done('backup', scene.source);
  });

  after(() => scene.close());

  it('C1, C2: comes back identical, in the eyes of rsync too', async () => {
    const target = scene.path('out');
    await scene.done('restore', 'latest', '--target', target);
    const back = restored(target, scene.source);
    assertSameTree(back, expected);
    if (!hasRsync()) return;
    const argv = ['-aHAXni', '--checksum', '--delete', `${scene.source}/`, `${back}/`];
    assert.equal(execFileSync('rsync', argv).toString('latin1'), '');
  });

  it('A25: with --sparse the holes are holes again, and nothing else differs', async () => {
    const target = scene.path('sparse');
    await scene.done('restore', 'latest', '--target', target, '--sparse');
    const back = restored(target, scene.source);
    assertSameTree(back, expected);
    const status = posix.status(byteString(`${back}/kinds/sparse`));
    assert.ok(status !== undefined && status.blocks * 512 < status.sizeBytes / 4);
  });

  it('C1: a second restore over the first one finds nothing to do', async () => {
    const target = scene.path('out');
    await scene.done('restore', 'latest', '--target', target, '--delete');
    assertSameTree(restored(target, scene.source), expected);
  });

  it('C9: nothing of it is read again when nothing has changed', async () => {
    const { out } = await scene.done('backup', scene.source, '--json');
    const summary = JSON.parse(out) as Record<string, number>;
    assert.deepEqual(
      [summary['files_new'], summary['files_changed'], summary['data_added']],
      [0, 0, 0],
    );
    assert.deepEqual(describeTree(scene.source), expected, 'a backup changes nothing');
  });
});
