// What a restore could not do without failing for it. Nothing is dropped silently: what exceeds the list
// is still counted. Errors that are not in the tolerated lists end the restore and roll it back.
import { type ByteString, errnoOf, KuraError } from '@kura/base';

export type ProblemKind =
  | 'not_restored' // this file system or user cannot have such an entry
  | 'attribute' // owner, mode, time or extended attribute could not be set
  | 'incomplete' // the snapshot itself lacks attributes
  | 'not_linked' // restored, but as a file of its own
  | 'reserved_name' // looks like a restore's own staging folder
  | 'leftover'; // the restore is whole, but something of its own stayed behind

export interface RestoreProblem {
  /** Below the target. */
  readonly path: ByteString;
  readonly kind: ProblemKind;
  readonly message: string;
}

/** More would fill memory when a whole tree meets a file system without, say, links. */
export const MAX_PROBLEMS = 1000;

export class ProblemList {
  readonly #problems: RestoreProblem[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get problems(): readonly RestoreProblem[] {
    return this.#problems;
  }

  add(problem: RestoreProblem): void {
    this.#count++;
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(problem);
  }

  report(path: ByteString, kind: ProblemKind, message: string): void {
    this.add({ path, kind, message });
  }

  /** Takes over the problems of a batch, which may have counted more than it lists. */
  addAll(problems: readonly RestoreProblem[], count: number): void {
    for (const problem of problems) {
      if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(problem);
    }
    this.#count += count;
  }
}

/** Not permitted, not known here, or too much for this file system: says something about the attribute. */
const ATTRIBUTE_ERRNOS = new Set([
  'EPERM',
  'EACCES',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EINVAL',
  'ENOSPC', // extended attributes have little room of their own
  'EDQUOT',
  'E2BIG',
  'ERANGE',
  'EROFS',
]);

/** The name or the type cannot exist on this file system, or not by this user. */
const NAME_ERRNOS = new Set(['ENAMETOOLONG', 'EILSEQ', 'EINVAL', 'EEXIST']);
const TYPE_ERRNOS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'ENODEV']);

function isUnsupported(error: unknown): boolean {
  return error instanceof KuraError && error.code === 'unsupported';
}

export function isAttributeProblem(error: unknown): boolean {
  return isUnsupported(error) || ATTRIBUTE_ERRNOS.has(errnoOf(error) ?? '');
}

export function isNameProblem(error: unknown): boolean {
  return NAME_ERRNOS.has(errnoOf(error) ?? '');
}

export function isTypeProblem(error: unknown): boolean {
  return isUnsupported(error) || TYPE_ERRNOS.has(errnoOf(error) ?? '') || isNameProblem(error);
}

/** One clause for a problem's message. */
export function reasonOf(error: unknown): string {
  const errno = errnoOf(error);
  switch (errno) {
    case 'EPERM':
    case 'EACCES':
      return 'this user may not';
    case 'ENOTSUP':
    case 'EOPNOTSUPP':
    case 'ENOSYS':
      return 'this file system cannot';
    case 'ENAMETOOLONG':
      return 'the name is too long for this file system';
    case 'EILSEQ':
    case 'EINVAL':
      return 'this file system does not accept it';
    case 'EEXIST':
      return 'to this file system it is the same name as another one (upper and lower case?)';
    case 'EMLINK':
      return 'this file system has no more links for it';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
