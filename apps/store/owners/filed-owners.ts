// Owners by admission: the coordinator's signed word about each member, one durable file each, read when it is
// needed and verified then, because the folder may lie on a disk that anyone can write to. Who stands in the
// shelf's own record (adopted members) counts as well, and comes first.
import {
  asKuraError,
  type Disk,
  errnoOf,
  KuraError,
  type MemberId,
  memberId,
  type StoreId,
} from '@kura/base';
import { ADMISSION_BYTES, openAdmission } from '@kura/contract';
import { parentOf, syncFolder, type WritePlace, writeDurably } from '../shelf/durable-write.ts';
import { readSmallFile } from '../small-file.ts';
import { isAdmitted, type Owners } from './owners.ts';

/** Where admissions lie, and whose word they must be. */
export interface AdmissionFiles {
  readonly disk: Disk;
  /** `members/` of the store's state. */
  readonly folder: string;
  readonly storeId: StoreId;
  readonly coordinatorKey: Uint8Array;
}

export interface FiledOwnersOptions extends AdmissionFiles {
  /** Temporary names and `folder` are on one file system. */
  readonly place: WritePlace;
  /** Those of the shelf's record. */
  readonly own: Pick<Owners, 'keyOf' | 'entries'>;
}

function pathOf({ folder }: AdmissionFiles, member: MemberId): string {
  return `${folder}/${member.slice(0, 2)}/${member}`;
}

/** Undefined if none is filed; `refused` if it is another's, or not the coordinator's word. */
export function readAdmission(files: AdmissionFiles, member: MemberId): Uint8Array | undefined {
  const signed = readSmallFile(files.disk, pathOf(files, member), ADMISSION_BYTES);
  if (signed === undefined) return undefined;
  const { pseudonym, ownerKey } = openAdmission(signed, files);
  if (pseudonym === member) return ownerKey;
  throw new KuraError('refused', `the admission filed for member ${member} is another's`);
}

/** So many keys are tried for an order about copies that no longer say whose they are. */
const MAX_TRIED_OWNERS = 10_000;
/** Remembered keys: 100 bytes each. */
const MAX_REMEMBERED = 10_000;

export class FiledOwners implements Owners {
  readonly #options: FiledOwnersOptions;
  readonly #known = new Map<MemberId, Uint8Array>();

  constructor(options: FiledOwnersOptions) {
    this.#options = options;
  }

  keyOf(member: MemberId): Uint8Array | undefined {
    const known = this.#options.own.keyOf(member) ?? this.#known.get(member);
    if (known !== undefined) return known;
    const ownerKey = readAdmission(this.#options, member);
    if (ownerKey !== undefined) this.#remember(member, ownerKey);
    return ownerKey;
  }

  *entries(): Generator<readonly [MemberId, Uint8Array]> {
    yield* this.#options.own.entries();
    let tried = 0;
    for (const folder of this.#list(this.#options.folder, /^[0-9a-f]{2}$/)) {
      for (const name of this.#list(`${this.#options.folder}/${folder}`, /^[0-9a-f]{32}$/)) {
        if (tried++ >= MAX_TRIED_OWNERS) return;
        const member = memberId(name);
        const key = this.keyOf(member);
        if (key !== undefined) yield [member, key];
      }
    }
  }

  /** Only a coordinator's admission admits anyone here: `file` takes it. */
  async admit(member: MemberId, ownerKey: Uint8Array): Promise<void> {
    if (isAdmitted(this, member, ownerKey)) return;
    throw new KuraError('refused', `member ${member} has no admission by the coordinator`);
  }

  /** Files an admission durably. `refused` unless it is for `member`, here, and no other key is known. */
  async file(member: MemberId, signed: Uint8Array): Promise<void> {
    const { place, folder } = this.#options;
    const { pseudonym, ownerKey } = openAdmission(signed, this.#options);
    if (pseudonym !== member) {
      throw new KuraError('refused', 'the admission is for another member than it was sent for');
    }
    if (isAdmitted(this, member, ownerKey)) return;
    const path = pathOf(this.#options, member);
    try {
      place.disk.makeFolder(parentOf(path));
      await syncFolder(place.disk, folder);
      await writeDurably(place, { path, bytes: signed });
    } catch (error) {
      const failure = asKuraError(error, 'a member could not be admitted');
      // Another process of this store filed one at the same moment: what it filed decides.
      if (failure.code !== 'already_exists') throw failure;
      await this.admit(member, ownerKey);
    }
    this.#remember(member, ownerKey);
  }

  #remember(member: MemberId, ownerKey: Uint8Array): void {
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
    this.#known.set(member, ownerKey);
  }

  #list(folder: string, pattern: RegExp): string[] {
    try {
      const { disk } = this.#options;
      return disk.list(folder).flatMap(({ name }) => (pattern.test(name) ? [name] : []));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw error;
    }
  }
}
