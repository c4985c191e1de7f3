// What every implementation of Posix must do with what stands beside the content: times, modes,
// owners, devices, attributes and holes. Where one declares an incapability, refusal (or, for
// reading, silence) is what counts. Runs as any user: only root may create devices and give files
// away, others see EPERM.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { byteString } from '@kura/base';
import { sampleBytes } from './bulk.ts';
import {
  at,
  attribute,
  bytes,
  hasErrno,
  IS_ROOT,
  inFolder,
  isKuraError,
  makeFile,
  ODD_NAME,
  type Pair,
} from './tools.ts';

const MTIME_NS = 1_234_567_890_123_456_789n;
const BEFORE_1970_NS = -86_400_000_000_001n;

function timeConformance({ name, writer, reader }: Pair): void {
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
      const { atimeNs: after } = fs.lstatSync(path.join(root, 'file'), { bigint: true });
      assert.ok(after - accessed <= tolerance && accessed - after <= tolerance);
    });
  });

  test(`${name}: an entry in an open folder has the times that its path has`, () => {
    inFolder(writer, (folder, root) => {
      makeFile(writer, folder, bytes('file'), 'content');
      const [accessed, modified] = [new Date(1_000_000_000_000), new Date(-1_500)];
      fs.utimesSync(path.join(root, 'file'), accessed, modified);
      const status = writer.statusAt(folder, bytes('file'));
      assert.equal(status?.mtimeNs, -1_500_000_000n);
      assert.deepEqual(reader.status(at(root, bytes('file'))), status);
    });
  });
}

function rightsConformance({ name, writer, reader }: Pair): void {
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
}

function nodeConformance({ name, writer, reader }: Pair): void {
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

  test(`${name}: a whole file system is synced at once, where there is a call for it`, () => {
    inFolder(writer, (folder) => {
      const isTwin = writer.incapabilities.size > 0;
      assert.equal(writer.syncFileSystem === undefined, isTwin);
      if (isTwin) return;
      writer.syncFileSystem?.(folder);
      assert.throws(() => writer.syncFileSystem?.(-1), hasErrno('EBADF'));
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

function attributeConformance({ name, writer, reader }: Pair): void {
  test(`${name}: attributes come back sorted, or are refused in so many words`, () => {
    inFolder(writer, (folder, root) => {
      makeFile(writer, folder, ODD_NAME);
      const target = at(root, ODD_NAME);
      const file = reader.openRead(target);
      assert.deepEqual(reader.attributes(target), []);
      assert.deepEqual(reader.attributesOf(file), []);
      const large = { name: bytes('user.l\xe4rge'), value: sampleBytes(3000) };
      const written = [attribute('user.z', 'last'), attribute('user.a', 'replaced'), large];
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
      const empty = attribute('user.a', '');
      if (!writer.incapabilities.has('attributes')) writer.setAttributeAt(folder, ODD_NAME, empty);
      const isSilent = [writer, reader].some((side) => side.incapabilities.has('attributes'));
      const expected = isSilent ? [] : [empty, written[2], written[0]];
      assert.deepEqual(reader.attributes(target), expected);
      assert.deepEqual(reader.attributesOf(file), expected);
      reader.close(file);
    });
  });

  test(`${name}: an attribute is removed, or that is refused in so many words`, () => {
    inFolder(writer, (folder) => {
      const file = writer.createFileAt(folder, bytes('file'));
      const remove = () => writer.removeAttribute(file, bytes('user.gone'));
      if (writer.incapabilities.has('attributes')) {
        assert.throws(remove, isKuraError('unsupported'));
      } else {
        const kept = attribute('user.kept', 'value');
        for (const one of [attribute('user.gone', 'value'), kept]) writer.setAttribute(file, one);
        remove();
        assert.deepEqual(writer.attributesOf(file), [kept]);
        assert.throws(remove, hasErrno('ENODATA'));
      }
      writer.close(file);
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
export function metadataConformance(pair: Pair): void {
  timeConformance(pair);
  rightsConformance(pair);
  nodeConformance(pair);
  attributeConformance(pair);
  holeConformance(pair);
}
