// What every implementation of Posix must do with files, folders and names: told as pairs, what one
// writes, the other reads the same way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteString } from '@kura/base';
import { sampleBytes } from './bulk.ts';
import {
  at,
  attribute,
  bytes,
  hasErrno,
  inFolder,
  isKuraError,
  makeFile,
  ODD_NAME,
  type Pair,
} from './tools.ts';

/** Slash, dot and NUL once their upper halves are cut off. */
const CUT_OFF_NAMES = ['..\u012fcanary', '\u012e\u012e', 'a\u0100b'];
const EVIL_NAMES = ['', '.', '..', '/', 'a/b', '../a', '/etc/passwd', 'a\0b', ...CUT_OFF_NAMES];

function fileConformance({ name, writer, reader }: Pair): void {
  test(`${name}: a file has the bytes, the length and the mode that were written`, () => {
    inFolder(writer, (folder, root) => {
      const content = sampleBytes(100_000);
      const file = writer.createFileAt(folder, ODD_NAME);
      writer.write(file, content.subarray(0, 60_000), 0);
      writer.write(file, content.subarray(60_000), 60_000);
      writer.sync(file);
      assert.equal(writer.statusOf(file).sizeBytes, 100_000);
      const read = reader.openRead(at(root, ODD_NAME));
      const into = new Uint8Array(120_000);
      assert.equal(reader.read(read, into, 0), 100_000);
      assert.deepEqual(into.subarray(0, 100_000), content);
      assert.equal(reader.read(read, into.subarray(0, 10), 99_995), 5);
      assert.equal(reader.read(read, into.subarray(0, 10), 100_000), 0);
      writer.truncate(file, 5);
      writer.setMode(file, 0o4751); // last: writing takes set-uid away
      assert.deepEqual(reader.statusOf(read), writer.statusOf(file));
      assert.deepEqual(reader.status(at(root, ODD_NAME)), writer.statusOf(file));
      assert.equal(reader.statusOf(read).mode, 0o4751);
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
      assert.deepEqual(
        reader.readNames(byteString(root)),
        listed.map((entry) => entry.name),
      );
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
}

function failureConformance({ name, writer, reader }: Pair): void {
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
      assert.throws(() => writer.close(-1));
    });
  });

  test(`${name}: a name that leads out of its folder is refused by every call`, () => {
    inFolder(writer, (folder) => {
      makeFile(writer, folder, bytes('file'));
      for (const evil of EVIL_NAMES.map(bytes)) {
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

/** Registers the tests of one pair. */
export function filesConformance(pair: Pair): void {
  fileConformance(pair);
  folderConformance(pair);
  failureConformance(pair);
}
