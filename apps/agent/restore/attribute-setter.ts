// Gives entries their attributes, in the one order that keeps them all: owner (clears set-uid bits and
// capabilities), extended attributes and ACLs (need write permission), mode, times last. What this user or
// file system cannot set is reported, never dropped in silence; other errors end the restore.
import type { ByteString } from '@kura/base';
import type { Descriptor, ExtendedAttribute } from '@kura/native';
import {
  dropAttribute,
  GROUP,
  isOurs,
  matchesAttributes,
  restorableMode,
  USER,
} from './attribute-rules.ts';
import type { EntryAttributes } from './file-batch.ts';
import type { RestorePosix } from './ports.ts';
import { isAttributeProblem, type ProblemList, reasonOf } from './problems.ts';

/** Means "leave as it is" to the system, so it cannot be an owner. */
const NO_OWNER = 0xffffffff;
/** On Linux new entries belong to their maker; elsewhere to the group of their folder. */
const KNOWS_OWNER = process.platform === 'linux';
/** Of new files (createFileAt) and of staged folders. */
const FILE_MODE = 0o600;

export interface SetterOptions {
  readonly posix: RestorePosix;
  readonly owners: boolean;
  readonly problems: ProblemList;
  /** Names in front of the target in every path given to `at`. */
  readonly prefixDepth: number;
}

export class AttributeSetter {
  readonly #posix: RestorePosix;
  readonly #owners: boolean;
  readonly #problems: ProblemList;
  readonly #prefixDepth: number;
  #folder: readonly ByteString[] = [];
  #name = '' as ByteString;

  constructor(options: SetterOptions) {
    this.#posix = options.posix;
    this.#owners = options.owners;
    this.#problems = options.problems;
    this.#prefixDepth = options.prefixDepth;
  }

  /** Which entry the next calls are about, for problems. */
  at(folder: readonly ByteString[], name: ByteString): void {
    this.#folder = folder;
    this.#name = name;
  }

  /** A file of ours, just made: what is as wanted already is not set again. */
  newFile(file: Descriptor, wanted: EntryAttributes): void {
    if (this.#needsOwner(wanted)) this.#setOwner(file, wanted);
    if (wanted.attributes.length > 0) this.#setAttributes(file, wanted.attributes);
    const mode = this.#modeOf(wanted);
    if (mode !== FILE_MODE) this.#setMode(file, mode);
    this.#setTimes(file, wanted);
  }

  /** A folder of ours, after everything in it; its mode may come later (`lateFolder`). */
  newFolder(file: Descriptor, wanted: EntryAttributes): void {
    if (this.#needsOwner(wanted)) this.#setOwner(file, wanted);
    if (wanted.attributes.length > 0) this.#setAttributes(file, wanted.attributes);
    this.#setMode(file, wanted.mode);
    this.#setTimes(file, wanted);
  }

  /** A folder that was there. Its attributes were read, so only differences are set. */
  standingFolder(file: Descriptor, wanted: EntryAttributes): void {
    const status = this.#posix.statusOf(file);
    const isOwned = status.uid === wanted.uid && status.gid === wanted.gid;
    if (this.#owners && !isOwned) this.#setOwner(file, wanted);
    this.#replaceAttributes(file, wanted.attributes);
    if (this.#posix.statusOf(file).mode !== wanted.mode) this.#setMode(file, wanted.mode);
    this.#setTimes(file, wanted);
  }

  /** Links, pipes, devices and sockets: by name, because they cannot be opened. */
  special(folder: Descriptor, name: ByteString, wanted: EntryAttributes & { type: string }): void {
    if (this.#needsOwner(wanted)) {
      this.#attempt('owner', () => this.#posix.setOwnerAt(folder, name, wanted.uid, wanted.gid));
    }
    for (const attribute of wanted.attributes) {
      this.#attempt(`attribute ${attribute.name}`, () =>
        this.#posix.setAttributeAt(folder, name, attribute),
      );
    }
    if (wanted.type !== 'symlink') {
      this.#attempt('mode', () => this.#posix.setModeAt(folder, name, this.#modeOf(wanted)));
    }
    this.#attempt('time', () => this.#posix.setTimesAt(folder, name, wanted.mtimeNs));
  }

  #needsOwner(wanted: EntryAttributes): boolean {
    if (!this.#owners) return false;
    return !(KNOWS_OWNER && wanted.uid === USER && wanted.gid === GROUP);
  }

  #modeOf(wanted: EntryAttributes): number {
    const mode = restorableMode(wanted, this.#owners);
    if (mode !== wanted.mode) {
      this.#report('set-uid or set-gid bit', 'the owner was not restored');
    }
    return mode;
  }

  #setOwner(file: Descriptor, { uid, gid }: EntryAttributes): void {
    if (uid === NO_OWNER || gid === NO_OWNER) {
      this.#report('owner', 'the snapshot has none');
      return;
    }
    try {
      this.#posix.setOwner(file, uid, gid);
    } catch (error) {
      this.#tolerate('owner', error);
    }
  }

  #setMode(file: Descriptor, mode: number): void {
    try {
      this.#posix.setMode(file, mode);
    } catch (error) {
      this.#tolerate('mode', error);
    }
  }

  #setTimes(file: Descriptor, { mtimeNs }: EntryAttributes): void {
    try {
      this.#posix.setTimes(file, mtimeNs);
    } catch (error) {
      this.#tolerate('time', error);
    }
  }

  #setAttributes(file: Descriptor, attributes: readonly ExtendedAttribute[]): void {
    for (const attribute of attributes) {
      try {
        this.#posix.setAttribute(file, attribute);
      } catch (error) {
        this.#tolerate(`attribute ${attribute.name}`, error);
      }
    }
  }

  #replaceAttributes(file: Descriptor, wanted: readonly ExtendedAttribute[]): void {
    const standing = this.#posix.attributesOf(file);
    if (matchesAttributes(standing, wanted)) return;
    const kept = new Set(wanted.map(({ name }) => name));
    for (const { name } of standing) {
      if (kept.has(name) || !isOurs(name)) continue;
      this.#attempt(`attribute ${name}`, () => dropAttribute(this.#posix, file, name));
    }
    this.#setAttributes(file, wanted);
  }

  #attempt(what: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#tolerate(what, error);
    }
  }

  #tolerate(what: string, error: unknown): void {
    if (!isAttributeProblem(error)) throw error;
    this.#report(what, reasonOf(error));
  }

  #report(what: string, reason: string): void {
    const path = [...this.#folder.slice(this.#prefixDepth), this.#name].join('/') as ByteString;
    this.#problems.report(path, 'attribute', `the ${what} could not be set: ${reason}`);
  }
}
