// Extended attributes, ACLs among them. Most files have none, so the common case is one call into a
// buffer that is reused and a shared empty list. Attributes of entries in an open folder are set
// through /proc/self/fd, because no call takes a folder and a name; the l-calls do not follow the
// last link.
import { assert, type ByteString, MAX_XATTR_BYTES } from '@kura/base';
import { checkName } from '../names.ts';
import type { ExtendedAttribute, Posix } from '../types.ts';
import { ENODATA, EOPNOTSUPP, type Libc } from './libc.ts';

/** XATTR_LIST_MAX: all names of one file, each with its NUL. */
const LIST_BYTES = 65536;
const NONE: ExtendedAttribute[] = [];

/** Calls the system for one attribute, into the shared buffer. */
type GetValue = (name: Buffer) => bigint;

type AttributesPart = Pick<
  Posix,
  'attributes' | 'attributesOf' | 'setAttribute' | 'setAttributeAt' | 'removeAttribute'
>;

export function createAttributes(libc: Libc): AttributesPart {
  const { llistxattr, flistxattr, lgetxattr, fgetxattr } = libc.calls;
  const { lsetxattr, fsetxattr, fremovexattr } = libc.calls;
  const names = Buffer.alloc(LIST_BYTES);
  const value = Buffer.alloc(MAX_XATTR_BYTES);
  const listCapacity = BigInt(LIST_BYTES);
  const valueCapacity = BigInt(MAX_XATTR_BYTES);

  /** `listed` bytes of names are in the buffer. */
  function readValues(listed: bigint, get: GetValue, path?: ByteString): ExtendedAttribute[] {
    if (listed < 0n && [ENODATA, EOPNOTSUPP].includes(libc.errno())) return NONE;
    libc.check(listed, 'listxattr', path);
    assert(listed <= listCapacity, 'a list of attributes overran its buffer');
    const text = names.toString('latin1', 0, Number(listed) - 1);
    const attributes: ExtendedAttribute[] = [];
    for (const name of text.split('\0').sort()) {
      const found = get(libc.secondPath(name));
      if (found < 0n && libc.errno() === ENODATA) continue; // removed since it was listed
      libc.check(found, 'getxattr', path);
      assert(found <= valueCapacity, 'an attribute overran its buffer');
      const bytes = new Uint8Array(value.subarray(0, Number(found)));
      attributes.push({ name: name as ByteString, value: bytes });
    }
    return attributes;
  }

  return {
    attributes(path) {
      const encoded = libc.path(path);
      const listed = llistxattr(encoded, names, listCapacity);
      if (listed === 0n) return NONE;
      return readValues(listed, (name) => lgetxattr(encoded, name, value, valueCapacity), path);
    },
    attributesOf(file) {
      const listed = flistxattr(file, names, listCapacity);
      if (listed === 0n) return NONE;
      return readValues(listed, (name) => fgetxattr(file, name, value, valueCapacity));
    },
    setAttributeAt(folder, name, attribute) {
      checkName(name);
      const path = libc.path(`/proc/self/fd/${folder}/${name}`);
      const encoded = libc.secondPath(attribute.name);
      const { value: bytes } = attribute;
      libc.check(lsetxattr(path, encoded, bytes, BigInt(bytes.length), 0), 'lsetxattr', name);
    },
    setAttribute(file, { name, value: bytes }) {
      const encoded = libc.secondPath(name);
      libc.check(fsetxattr(file, encoded, bytes, BigInt(bytes.length), 0), 'fsetxattr');
    },
    removeAttribute: (file, name) =>
      libc.check(fremovexattr(file, libc.secondPath(name)), 'fremovexattr'),
  };
}
