// What the tests of Posix share: pairs of implementations, a folder of their own, and the shape of
// errors.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ByteString } from '@kura/base';
import { byteString, errnoOf, KuraError, toHex, utf8 } from '@kura/base';
import type { Descriptor, ExtendedAttribute, Native, Posix } from '../types.ts';

export const bytes = (text: string): ByteString => text as ByteString;
/** Not UTF-8: what a file of an old system may be called. */
export const ODD_NAME = bytes('na\xefve\xff\n \x01');
export const IS_ROOT = process.getuid?.() === 0;

export interface Pair {
  readonly name: string;
  readonly writer: Posix;
  readonly reader: Posix;
}

/** Runs `work` in an open folder of its own. */
export function inFolder(posix: Posix, work: (folder: Descriptor, root: string) => void): void {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'kura-posix-'));
  const folder = posix.openFolder(byteString(root));
  try {
    work(folder, root);
  } finally {
    posix.close(folder);
    fs.rmSync(root, { recursive: true });
  }
}

export function at(root: string, name: ByteString): ByteString {
  return bytes(`${byteString(root)}/${name}`);
}

export function hasErrno(code: string): (error: unknown) => boolean {
  return (error) => {
    assert.equal(errnoOf(error), code);
    assert.ok(error instanceof Error && error.message.startsWith(`${code}: `));
    assert.ok('errno' in error && typeof error.errno === 'number' && error.errno < 0);
    assert.ok('syscall' in error && typeof error.syscall === 'string');
    return true;
  };
}

export function isKuraError(code: string): (error: unknown) => boolean {
  return (error) => error instanceof KuraError && error.code === code;
}

export function makeFile(posix: Posix, folder: Descriptor, name: ByteString, content = ''): void {
  const file = posix.createFileAt(folder, name);
  posix.write(file, utf8(content), 0);
  posix.close(file);
}

export function attribute(name: string, value: string): ExtendedAttribute {
  return { name: bytes(name), value: utf8(value) };
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
