// The copies that lie here, by name. For whoever runs the store: never over a network.
import type { CopyId, DiskEntry } from '@kura/base';
import { isCopyName } from './layout.ts';
import type { OpenShelf } from './open-shelf.ts';

/** In order of their names; one folder is listed at a time. */
export async function* enumerate(context: OpenShelf): AsyncGenerator<CopyId> {
  context.checkPresent();
  const { copies } = context.paths;
  for (const folder of list(context, copies)) {
    if (folder.kind !== 'folder' || !/^[0-9a-f]{2}$/.test(folder.name)) continue;
    for (const { name, kind } of list(context, `${copies}/${folder.name}`)) {
      if (kind === 'file' && isCopyName(name) && name.startsWith(folder.name)) yield name;
    }
  }
}

/** Those whose names begin with these hexadecimal digits, two at least: one folder is listed. */
export function namesFrom(context: OpenShelf, beginning: string): readonly CopyId[] {
  context.checkPresent();
  const folder = `${context.paths.copies}/${beginning.slice(0, 2)}`;
  if (context.disk.stat(folder) === undefined) return [];
  return list(context, folder).flatMap(({ name, kind }) =>
    kind === 'file' && isCopyName(name) && name.startsWith(beginning) ? [name] : [],
  );
}

function list(context: OpenShelf, folder: string): DiskEntry[] {
  try {
    const entries = context.disk.list(folder);
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw context.explain(error, 'the copies could not be listed');
  }
}
