// What every implementation of Posix must do, told as pairs: what one writes, the other reads the same
// way. Where an implementation declares an incapability, refusal (or, for reading, silence) is what
// counts. Runs as any user; only root may create devices and give files away, so others must see EPERM.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { ByteString } from '@kura/base';
import { AssertionError, byteString, errnoOf, KuraError, toHex, utf8 } from '@kura/base';
import { sampleBytes } from './conformance-bulk.ts';
import type { Descriptor, ExtendedAttribute, Native, Posix } from './types.ts';

const bytes = (text: string): ByteString => text as ByteString;
/** Not UTF-8: what a file of an old system may be called. */
const ODD_NAME = bytes('na\xefve\xff\n \x01');
const IS_ROOT = process.getuid?.() === 0;
const MTIME_NS = 1_234_567_890_123_456_789n;
const BEFORE_1970_NS = -86_400_000_000_001n;

export interface Pair {
  readonly name: string;
  readonly writer: Posix;
  readonly reader: Posix;
}

/** Runs `work` in an open folder of its own. */
function inFolder(posix: Posix, work: (folder: Descriptor, root: string) => void): void {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'kura-posix-'));
  const folder = posix.openFolder(byteString(root));
  try {
    work(folder, root);
  } finally {
    posix.close(folder);
    fs.rmSync(root, { recursive: true });
  }
}

function at(root: string, name: ByteString): ByteString {
  return bytes(`${byteString(root)}/${name}`);
}

function hasErrno(code: string): (error: unknown) => boolean {
  return (error) => {
    assert.equal(errnoOf(error), code);
    assert.ok(error instanceof Error && error.message.startsWith(`${code}: `));
    assert.ok('errno' in error && typeof error.errno === 'number' && error.errno < 0);
    assert.ok('syscall' in error && typeof error.syscall === 'string');
    return true;
  };
}

function isKuraError(code: string): (error: unknown) => boolean {
  return (error) => error instanceof KuraError && error.code === code;
}

function makeFile(posix: Posix, folder: Descriptor, name: ByteString, content = ''): void {
  const file = posix.createFileAt(folder, name);
  posix.write(file, utf8(content), 0);
  posix.close(file);
}

function fileConformance({ name, writer, reader }: Pair): void {
  test(`${name}: a file has the bytes, the length and the mode that were written`, () => {
    inFolder(writer, (folder, root) => {
      const content = sampleBytes(100_000);
      const file = writer.createFileAt(folder, ODD_NAME);
      writer.write(file, content.subarray(0, 60_000), 0);
      writer.write(file, content.subarray(60_000), 60_000);
      writer.setMode(file, 0o4751);
      writer.sync(file);
      assert.equal(writer.statusOf(file).sizeBytes, 100_000);
      const read = reader.openRead(at(root, ODD_NAME));
      const into = new Uint8Array(120_000);
      assert.equal(reader.read(read, into, 0), 100_000);
      assert.deepEqual(into.subarray(0, 100_000), content);
      assert.equal(reader.read(read, into.subarray(0, 10), 99_995), 5);
      assert.equal(reader.read(read, into.subarray(0, 10), 100_000), 0);
      writer.truncate(file, 5);
      assert.deepEqual(reader.statusOf(read), writer.statusOf(file));
      assert.deepEqual(reader.status(at(root, ODD_NAME)), writer.statusOf(file));
      assert.deepEqual(reader.statusOf(read).mode, 0o4751);
      reader.close(read);
      writer.close(file);
    });
  });

  test(`${name}: a new file belongs to its owner alone and never replaces one`, () => {
    inFolder(writer, (folder, root) => {
      makeFile(writer, folder, bytes('a'), 'first');
      assert.equal(reader.status(at(root, bytes('a')))?.mode, 0o600);
      assert.throws(() => writer.createFileAt(folder, bytes('a')), hasErrno('EEXIST'));
      writer.symlinkAt(bytes('nowhere'), folder, bytes('link'));
      assert.throws(() => writer.createFileAt(folder, bytes('link')), hasErrno('EEXIST'));
    });
  });

  test(`${name}: nothing is read through a link in the last place`, () => {
    inFolder(writer, (folder, root) => {
      makeFile(writer, folder, bytes('file'));
      writer.makeFolderAt(folder, bytes('folder'), 0o700);
      writer.symlinkAt(bytes('file'), folder, bytes('to-file'));
      writer.symlinkAt(bytes('folder'), folder, bytes('to-folder'));
      const link = at(root, bytes('to-folder'));
      assert.throws(() => reader.openRead(at(root, bytes('to-file'))), hasErrno('ELOOP'));
      assert.throws(() => reader.openFolder(link), hasErrno('ENOTDIR'));
      assert.throws(() => writer.openFolderAt(folder, bytes('to-folder')), hasErrno('ENOTDIR'));
      assert.throws(() => writer.openFolderAt(folder, bytes('file')), hasErrno('ENOTDIR'));
    });
  });
}

function folderConformance({ name, writer, reader }: Pair): void {
  test(`${name}: a folder lists every kind of entry in the order of bytes`, () => {
    inFolder(writer, (folder, root) => {
      const names = ['b', 'a', 'ab', ODD_NAME, '\xff', 'B', '~'].map(bytes);
      for (const entry of names) makeFile(writer, folder, entry);
      writer.makeFolderAt(folder, bytes('c'), 0o711);
      writer.symlinkAt(bytes('\xfe anywhere'), folder, bytes('d'));
      const listed = reader.readFolder(byteString(root));
      const sorted = ['B', 'a', 'ab', 'b', 'c', 'd', ODD_NAME, '~', '\xff'];
      assert.deepEqual(
        listed.map((entry) => entry.name),
        sorted,
      );
      const types = new Map(listed.map((entry) => [String(entry.name), entry.type]));
      assert.equal(types.get('a'), 'file');
      assert.equal(types.get('c'), 'folder');
      assert.equal(types.get('d'), 'symlink');
      assert.deepEqual(writer.readFolderOf(folder), listed);
      assert.equal(reader.readLink(at(root, bytes('d'))), '\xfe anywhere');
      assert.equal(reader.status(at(root, bytes('c')))?.mode, 0o711);
      for (const { name: entry } of listed) {
        assert.deepEqual(writer.statusAt(folder, entry), reader.status(at(root, entry)));
      }
    });
  });

  test(`${name}: names move, double and go, and links are never followed`, () => {
    inFolder(writer, (folder, root) => {
      makeFile(writer, folder, bytes('one'), 'content');
      writer.makeFolderAt(folder, ODD_NAME, 0o700);
      const inner = writer.openFolderAt(folder, ODD_NAME);
      writer.linkAt(folder, bytes('one'), inner, bytes('two'));
      const inside = bytes(`${ODD_NAME}/two`);
      const two = reader.status(at(root, inside));
      assert.equal(two?.links, 2);
      assert.equal(two.inode, reader.status(at(root, bytes('one')))?.inode);
      writer.symlinkAt(bytes('one'), folder, bytes('link'));
      writer.linkAt(folder, bytes('link'), inner, bytes('link'));
      assert.equal(writer.statusAt(inner, bytes('link'))?.type, 'symlink');
      assert.throws(
        () => writer.linkAt(folder, bytes('one'), inner, bytes('two')),
        hasErrno('EEXIST'),
      );
      writer.renameAt(inner, bytes('two'), folder, bytes('three'));
      assert.equal(reader.status(at(root, inside)), undefined);
      writer.renameAt(folder, bytes('three'), folder, bytes('link'));
      assert.equal(reader.status(at(root, bytes('link')))?.type, 'file');
      assert.throws(() => writer.removeFolderAt(folder, ODD_NAME), hasErrno('ENOTEMPTY'));
      writer.unlinkAt(inner, bytes('link'));
      writer.close(inner);
      writer.removeFolderAt(folder, ODD_NAME);
      assert.equal(writer.statusAt(folder, ODD_NAME), undefined);
    });
  });

  test(`${name}: failures have the system's own codes`, () => {
    inFolder(writer, (folder, root) => {
      const [none, file] = [bytes('none'), bytes('file')];
      makeFile(writer, folder, file);
      assert.equal(reader.status(at(root, none)), undefined);
      assert.equal(writer.statusAt(folder, none), undefined);
      const missing = hasErrno('ENOENT');
      assert.throws(() => reader.readFolder(at(root, none)), missing);
      assert.throws(() => reader.readLink(at(root, none)), missing);
      assert.throws(() => reader.openRead(at(root, none)), missing);
      assert.throws(() => reader.openFolder(at(root, none)), missing);
      assert.throws(() => reader.freeBytes(at(root, none)), missing);
      assert.throws(() => writer.openFolderAt(folder, none), missing);
      assert.throws(() => writer.unlinkAt(folder, none), missing);
      assert.throws(() => writer.removeFolderAt(folder, none), missing);
      assert.throws(() => writer.renameAt(folder, none, folder, file), missing);
      assert.throws(() => writer.linkAt(folder, none, folder, bytes('new')), missing);
      assert.throws(() => writer.setModeAt(folder, none, 0o600), missing);
      assert.throws(() => writer.setOwnerAt(folder, none, 0, 0), missing);
      assert.throws(() => writer.setTimesAt(folder, none, 0n), missing);
      assert.throws(() => reader.readLink(at(root, file)), hasErrno('EINVAL'));
      assert.throws(() => writer.removeFolderAt(folder, file), hasErrno('ENOTDIR'));
      assert.throws(() => writer.makeFolderAt(folder, file, 0o700), hasErrno('EEXIST'));
      assert.throws(() => writer.symlinkAt(file, folder, file), hasErrno('EEXIST'));
      const tooLong = bytes('n'.repeat(256));
      assert.throws(() => writer.createFileAt(folder, tooLong), hasErrno('ENAMETOOLONG'));
      const muchTooLong = bytes('n'.repeat(5000));
      assert.throws(() => writer.createFileAt(folder, muchTooLong), hasErrno('ENAMETOOLONG'));
      assert.throws(
        () => writer.close(-1),
        (error) => !(error instanceof AssertionError),
      );
    });
  });

  test(`${name}: a name that leads out of its folder is refused by every call`, () => {
    inFolder(writer, (folder) => {
      makeFile(writer, folder, bytes('file'));
      for (const evil of ['', '.', '..', '/', 'a/b', '../a', '/etc/passwd', 'a\0b'].map(bytes)) {
        const calls: (() => unknown)[] = [
          () => writer.openFolderAt(folder, evil),
          () => writer.makeFolderAt(folder, evil, 0o700),
          () => writer.createFileAt(folder, evil),
          () => writer.symlinkAt(bytes('x'), folder, evil),
          () => writer.linkAt(folder, evil, folder, bytes('new')),
          () => writer.linkAt(folder, bytes('file'), folder, evil),
          () => writer.makeNodeAt(folder, evil, 'fifo', 0o600, 0n),
          () => writer.statusAt(folder, evil),
          () => writer.renameAt(folder, evil, folder, bytes('new')),
          () => writer.renameAt(folder, bytes('file'), folder, evil),
          () => writer.unlinkAt(folder, evil),
          () => writer.removeFolderAt(folder, evil),
          () => writer.setOwnerAt(folder, evil, 0, 0),
          () => writer.setModeAt(folder, evil, 0o600),
          () => writer.setTimesAt(folder, evil, 0n),
          () => writer.setAttributeAt(folder, evil, attribute('user.a', '')),
        ];
        for (const call of calls) assert.throws(call, isKuraError('hostile'));
      }
      const cut = bytes('x\0y');
      assert.throws(() => writer.symlinkAt(cut, folder, bytes('l')), isKuraError('hostile'));
      assert.throws(() => writer.status(cut), isKuraError('hostile'));
      assert.deepEqual(
        writer.readFolderOf(folder).map((entry) => entry.name),
        ['file'],
      );
    });
  });
}

function metadataConformance({ name, writer, reader }: Pair): void {
  test(`${name}: modification times are kept, also of links and before 1970`, () => {
    inFolder(writer, (folder, root) => {
      makeFile(writer, folder, bytes('file'));
      writer.symlinkAt(bytes('file'), folder, bytes('link'));
      const tolerance = writer.incapabilities.has('nanoseconds') ? 1_000_000n : 0n;
      const check = (entry: string, expected: bigint): void => {
        const found = reader.status(at(root, bytes(entry)))?.mtimeNs ?? 0n;
        const difference = found > expected ? found - expected : expected - found;
        assert.ok(difference <= tolerance, `${found} is not ${expected}`);
      };
      const accessed = fs.lstatSync(path.join(root, 'file'), { bigint: true }).atimeNs;
      writer.setTimesAt(folder, bytes('file'), MTIME_NS);
      writer.setTimesAt(folder, bytes('link'), BEFORE_1970_NS);
      check('file', MTIME_NS);
      check('link', BEFORE_1970_NS);
      const file = reader.openRead(at(root, bytes('file')));
      writer.setTimes(file, BEFORE_1970_NS);
      check('file', BEFORE_1970_NS);
      reader.close(file);
      const after = fs.lstatSync(path.join(root, 'file'), { bigint: true }).atimeNs;
      assert.ok(after - accessed <= tolerance && accessed - after <= tolerance);
    });
  });

  test(`${name}: modes are set on files and folders and leave the targets of links alone`, () => {
    inFolder(writer, (folder, root) => {
      makeFile(writer, folder, bytes('file'));
      writer.makeFolderAt(folder, bytes('folder'), 0o700);
      writer.symlinkAt(bytes('file'), folder, bytes('link'));
      writer.setModeAt(folder, bytes('file'), 0o640);
      writer.setModeAt(folder, bytes('folder'), 0o1777);
      writer.setModeAt(folder, bytes('link'), 0o777);
      assert.equal(reader.status(at(root, bytes('file')))?.mode, 0o640);
      assert.equal(reader.status(at(root, bytes('folder')))?.mode, 0o1777);
    });
  });

  test(`${name}: owners are set on the entry itself`, () => {
    inFolder(writer, (folder, root) => {
      makeFile(writer, folder, bytes('file'));
      writer.symlinkAt(bytes('file'), folder, bytes('link'));
      const ids = [process.getuid?.() ?? 0, process.getgid?.() ?? 0] as const;
      const [uid, gid] = IS_ROOT ? [12_345, 4_000_000_000] : ids;
      writer.setOwnerAt(folder, bytes('link'), uid, gid);
      const file = reader.openRead(at(root, bytes('file')));
      assert.deepEqual([reader.statusOf(file).uid, reader.statusOf(file).gid], ids);
      writer.setOwner(file, uid, gid);
      reader.close(file);
      for (const entry of ['file', 'link'].map(bytes)) {
        const status = reader.status(at(root, entry));
        assert.deepEqual([status?.uid, status?.gid], [uid, gid]);
      }
    });
  });

  test(`${name}: fifos, sockets and devices are made, or refused in so many words`, () => {
    inFolder(writer, (folder, root) => {
      const device = BigInt(0x103); // major 1, minor 3
      for (const type of ['fifo', 'socket', 'character', 'block'] as const) {
        const make = () => writer.makeNodeAt(folder, bytes(type), type, 0o600, device);
        if (writer.incapabilities.has('devices')) {
          assert.throws(make, isKuraError('unsupported'));
        } else if (!IS_ROOT && (type === 'character' || type === 'block')) {
          assert.throws(make, hasErrno('EPERM'));
        } else {
          make();
          const status = reader.status(at(root, bytes(type)));
          assert.equal(status?.type, type);
          assert.equal(status.mode, 0o600);
          const isDevice = type === 'character' || type === 'block';
          assert.equal(status.deviceNumber, isDevice ? device : 0n);
          assert.deepEqual(writer.statusAt(folder, bytes(type)), status);
          const listed = reader.readFolder(byteString(root)).find((entry) => entry.name === type);
          assert.equal(listed?.type, type);
        }
      }
    });
  });

  test(`${name}: free space is what the file system says`, () => {
    inFolder(writer, (_folder, root) => {
      const { bsize, blocks } = fs.statfsSync(root);
      const free = writer.freeBytes(byteString(root));
      assert.ok(free > 0 && free <= bsize * blocks);
    });
  });
}

function attribute(name: string, value: string): ExtendedAttribute {
  return { name: bytes(name), value: utf8(value) };
}

function attributeConformance({ name, writer, reader }: Pair): void {
  test(`${name}: attributes come back sorted, or are refused in so many words`, () => {
    inFolder(writer, (folder, root) => {
      makeFile(writer, folder, ODD_NAME);
      const target = at(root, ODD_NAME);
      const file = reader.openRead(target);
      assert.deepEqual(reader.attributes(target), []);
      assert.deepEqual(reader.attributesOf(file), []);
      const large = { name: bytes('user.l\xe4rge'), value: sampleBytes(3000) };
      const written = [attribute('user.z', 'last'), attribute('user.a', ''), large];
      for (const [index, one] of written.entries()) {
        const set = () =>
          index === 0
            ? writer.setAttribute(file, one)
            : writer.setAttributeAt(folder, ODD_NAME, one);
        if (writer.incapabilities.has('attributes')) {
          assert.throws(set, isKuraError('unsupported'));
        } else {
          set();
        }
      }
      const isSilent = [writer, reader].some((side) => side.incapabilities.has('attributes'));
      const expected = isSilent ? [] : [written[1], written[2], written[0]];
      assert.deepEqual(reader.attributes(target), expected);
      assert.deepEqual(reader.attributesOf(file), expected);
      reader.close(file);
    });
  });

  test(`${name}: attributes of a link are its own`, () => {
    inFolder(writer, (folder, root) => {
      makeFile(writer, folder, bytes('file'));
      writer.symlinkAt(bytes('file'), folder, bytes('link'));
      const mark = attribute(IS_ROOT ? 'trusted.kura' : 'user.kura', 'mark');
      const set = () => writer.setAttributeAt(folder, bytes('link'), mark);
      const isSilent = [writer, reader].some((side) => side.incapabilities.has('attributes'));
      if (writer.incapabilities.has('attributes')) assert.throws(set, isKuraError('unsupported'));
      else if (IS_ROOT) set();
      else assert.throws(set, hasErrno('EPERM'));
      const expected = isSilent || !IS_ROOT ? [] : [mark];
      assert.deepEqual(reader.attributes(at(root, bytes('link'))), expected);
      assert.deepEqual(reader.attributes(at(root, bytes('file'))), []);
    });
  });
}

function holeConformance({ name, writer, reader }: Pair): void {
  test(`${name}: data regions leave out holes and nothing else`, () => {
    inFolder(writer, (folder, root) => {
      const mib = 1024 * 1024;
      const file = writer.createFileAt(folder, bytes('sparse'));
      writer.truncate(file, 4 * mib);
      writer.write(file, sampleBytes(4096), mib);
      writer.write(file, sampleBytes(4096), 3 * mib);
      writer.close(file);
      const read = reader.openRead(at(root, bytes('sparse')));
      const data = [
        { offset: mib, length: 4096 },
        { offset: 3 * mib, length: 4096 },
      ];
      const whole = [{ offset: 0, length: 4 * mib }];
      const expected = reader.incapabilities.has('holes') ? whole : data;
      assert.deepEqual(reader.dataRegions(read, 4 * mib), expected);
      assert.deepEqual(reader.dataRegions(read, 0), []);
      reader.close(read);
      const dense = writer.createFileAt(folder, bytes('dense'));
      writer.write(dense, sampleBytes(5000), 0);
      assert.deepEqual(reader.dataRegions(dense, 5000), [{ offset: 0, length: 5000 }]);
      writer.close(dense);
    });
  });
}

/** Registers the tests of one pair. */
export function posixConformance(pair: Pair): void {
  fileConformance(pair);
  folderConformance(pair);
  metadataConformance(pair);
  attributeConformance(pair);
  holeConformance(pair);
}

/** Every pairing of the implementations given, each with itself, too. */
export function pairsOf(natives: readonly Native[]): Pair[] {
  return natives.flatMap((writer) =>
    natives.map((reader) => ({
      name: `${writer.kind} writes, ${reader.kind} reads`,
      writer: writer.posix,
      reader: reader.posix,
    })),
  );
}

/** What a reader sees of everything under `root`, in a form that can be compared. */
export function surveyOf(posix: Posix, root: string): string {
  const lines: string[] = [];
  for (const { name, type } of posix.readFolder(byteString(root))) {
    const entry = at(root, name);
    const target = type === 'symlink' ? posix.readLink(entry) : '';
    const status = Object.values(posix.status(entry) ?? {}).join(' ');
    lines.push(`${toHex(utf8(name))} ${type} ${toHex(utf8(target))} ${status}`);
  }
  return lines.join('\n');
}
