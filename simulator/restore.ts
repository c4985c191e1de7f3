// Reads a snapshot through the agent and compares it with the tree that was saved (where
// somebody was at work meanwhile, with either state of each entry): every name, every attribute
// that the source has, every byte. Nothing is written anywhere.
import type { Reading } from '@kura/agent';
import type { StoredSnapshot } from '@kura/agent/snapshots/snapshot-store.ts';
import { equalBytes } from '@kura/base';
import type { TreeEntry } from '@kura/format';
import { Violation } from './model.ts';
import type { SavedTree, SourceNode } from './source-tree.ts';

/** Throws a Violation where the snapshot differs, and whatever keeps it from being read. */
export async function compareSnapshot(
  reading: Reading,
  stored: StoredSnapshot,
  saved: SavedTree,
): Promise<void> {
  const seen = new Set<string>();
  const visit = async (
    folder: Pick<TreeEntry, 'content' | 'isList'>,
    path: string,
  ): Promise<void> => {
    for (const entry of await reading.trees.entries(folder)) {
      const inner = `${path}/${entry.name}`;
      const nodes = saved.flatMap((tree) => tree.get(inner) ?? []);
      if (nodes.length === 0) throw new Violation(`${inner} was not there when it was saved`);
      seen.add(inner);
      const node = nodes.find((one) => isSame(entry, one));
      if (node === undefined) throw new Violation(`${inner} has other attributes than were saved`);
      if (entry.type === 'folder') await visit(entry, inner);
      if (entry.type === 'file') await compareContent(reading, entry, { node, path: inner });
    }
  };
  await visit({ content: [stored.snapshot.root], isList: false }, '');
  const [first, ...others] = saved;
  for (const path of first?.keys() ?? []) {
    const isEverywhere = others.every((tree) => tree.has(path));
    if (isEverywhere && !seen.has(path)) throw new Violation(`${path} is missing in the snapshot`);
  }
}

function isSame(entry: TreeEntry, node: SourceNode): boolean {
  return (
    entry.type === node.type &&
    entry.mode === node.mode &&
    entry.mtimeNs === node.mtimeNs &&
    entry.inode === node.inode &&
    entry.target === node.target &&
    entry.sizeBytes === (node.type === 'file' ? node.content.length : 0)
  );
}

async function compareContent(
  reading: Reading,
  entry: TreeEntry,
  { node, path }: { readonly node: SourceNode; readonly path: string },
): Promise<void> {
  let at = 0;
  for (const piece of await reading.trees.fileContent(entry)) {
    const plain = await reading.chunks.read(piece, 'data');
    if (!equalBytes(plain, node.content.subarray(at, at + plain.length))) {
      throw new Violation(`${path} differs from what was saved at byte ${at} or later`);
    }
    at += plain.length;
  }
  if (at !== node.content.length) throw new Violation(`${path} has another length than was saved`);
}
