// Snapshots and their entries as commands show them.
import type { StoredSnapshot } from '@kura/agent';
import { type ByteString, toHex } from '@kura/base';
import type { TreeEntry } from '@kura/format';
import type { NodeView, SnapshotView } from '../commands/views.ts';

export function snapshotView(
  { id, row, snapshot }: StoredSnapshot,
  proof: SnapshotView['proof'],
): SnapshotView {
  return {
    id,
    deviceId: snapshot.device,
    timeMs: snapshot.timeMs,
    loggedMs: row.loggedMs,
    leafIndex: row.leafIndex,
    hostname: snapshot.hostname,
    username: snapshot.username,
    paths: snapshot.paths,
    tags: snapshot.tags,
    kind: snapshot.kind,
    parent: snapshot.base,
    tree: toHex(snapshot.root.id),
    original: snapshot.original,
    statistics: snapshot.statistics,
    proof,
  };
}

export function nodeView(path: ByteString, entry: TreeEntry): NodeView {
  const { type, mode, uid, gid, sizeBytes, mtimeNs, ctimeNs, inode, links, target } = entry;
  return { path, type, mode, uid, gid, sizeBytes, mtimeNs, ctimeNs, inode, links, target };
}
