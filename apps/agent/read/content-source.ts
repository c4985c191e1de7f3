// What a restore reads from: folders and contents of snapshots, each verified on the way.
import type { ContentEntry, TreeEntry } from '@kura/format';
import type { ContentSource, TreeSource } from '../restore/ports.ts';
import type { Reading } from './reading.ts';

export function treeSource(reading: Pick<Reading, 'trees'>): TreeSource {
  return { entries: (folder: TreeEntry) => reading.trees.entries(folder) };
}

export function contentSource(reading: Pick<Reading, 'trees' | 'chunks'>): ContentSource {
  return {
    read: (entry: ContentEntry) => reading.chunks.read(entry, 'data'),
    expect: (entries) => reading.chunks.expect(entries),
    locate: (entry: ContentEntry) => reading.chunks.place(entry.id) ?? 0,
    expandList: (content) => reading.trees.expand({ content, isList: true }),
  };
}
