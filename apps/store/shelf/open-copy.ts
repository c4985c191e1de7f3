// Opens one copy for reading and says which of the three lengths it has. Every reading verb
// begins here, so that missing, damaged and unreachable are told apart in one place.
import { asKuraError, type CopyId, type DiskFile, KuraError } from '@kura/base';
import { tryTo } from './durable-write.ts';
import { copyPath, geometryOfFile, type ShelfGeometry } from './layout.ts';
import type { OpenShelf } from './open-shelf.ts';

/** A copy's bytes, wherever they are read from. */
export interface CopyBytes {
  readonly file: Pick<DiskFile, 'read'>;
  readonly geometry: ShelfGeometry;
}

export interface OpenedCopy extends CopyBytes {
  readonly file: DiskFile;
}

export interface OpenCopyOptions {
  readonly direct?: boolean;
  /** Default: where the copy lies under its name. */
  readonly path?: string;
}

/**
 * `missing`, `corrupt` (no length that a copy can have), `unreachable` or `io`. The caller
 * closes.
 */
export function openCopy(
  context: OpenShelf,
  copyId: CopyId,
  options: OpenCopyOptions = {},
): OpenedCopy {
  const path = options.path ?? copyPath(context.paths, copyId);
  try {
    const found = context.disk.stat(path);
    if (found === undefined) {
      context.checkPresent();
      throw new KuraError('missing', `copy ${copyId} is not at this store`, {
        context: { store: context.record.identity.storeId, copy: copyId },
      });
    }
    const geometry =
      found.kind === 'file' ? geometryOfFile(context.shape, found.sizeBytes) : undefined;
    if (geometry === undefined) {
      throw new KuraError('corrupt', `copy ${copyId} has a length that no copy has`, {
        guidance: 'Check the store; a damaged copy is replaced from another one.',
      });
    }
    const file = context.disk.openRead(path, options.direct === true ? { direct: true } : {});
    return { file, geometry };
  } catch (error) {
    throw context.explain(error, `copy ${copyId} could not be opened`, copyId);
  }
}

/** Opens, works, closes. Failures of the work come out typed. */
export function withCopy<T>(context: OpenShelf, copyId: CopyId, work: (copy: OpenedCopy) => T): T {
  const copy = openCopy(context, copyId);
  try {
    return work(copy);
  } catch (error) {
    throw asKuraError(error, `copy ${copyId} could not be read`, { context: { copy: copyId } });
  } finally {
    tryTo(() => copy.file.close());
  }
}
