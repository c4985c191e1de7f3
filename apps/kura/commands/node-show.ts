// Entries of a snapshot as `ls` and `find` show them.
import { displayName, formatBytes } from '@kura/base';
import { type Json, jsonPath } from '../output/output.ts';
import { padStart } from '../output/width.ts';
import { exactTime, localTime, modeText, TYPE_NAMES } from './show.ts';
import type { CommandContext } from './types.ts';
import type { NodeView } from './views.ts';

export interface NodeStyle {
  readonly isLong: boolean;
  readonly humanReadable: boolean;
}

const SIZE_COLUMNS = 12;

/** The path alone, or with everything that `ls -l` shows. */
export function nodeLine(node: NodeView, style: NodeStyle, context: CommandContext): string {
  const path = displayName(node.path);
  if (!style.isLong) return path;
  const size = style.humanReadable ? formatBytes(node.sizeBytes) : String(node.sizeBytes);
  const time = localTime(Number(node.mtimeNs / 1_000_000n), context);
  const owner = `${padStart(String(node.uid), 5)} ${padStart(String(node.gid), 5)}`;
  const target = node.type === 'symlink' ? ` -> ${displayName(node.target)}` : '';
  const mode = modeText(node.type, node.mode);
  return `${mode} ${owner} ${padStart(size, SIZE_COLUMNS)} ${time} ${path}${target}`;
}

/** restic's record of a node, with our exact names. */
export function nodeJson(node: NodeView): { readonly [key: string]: Json | undefined } {
  const { type, mode, uid, gid, sizeBytes, mtimeNs, ctimeNs, inode, links } = node;
  const name = displayName(node.path).split('/').at(-1) ?? '';
  return {
    message_type: 'node',
    struct_type: 'node',
    name,
    type: TYPE_NAMES[type],
    ...jsonPath(node.path),
    uid,
    gid,
    ...(type === 'file' ? { size: sizeBytes } : {}),
    mode,
    permissions: modeText(type, mode),
    mtime: exactTime(mtimeNs),
    ctime: exactTime(ctimeNs),
    inode: Number(inode),
    ...(links > 1 ? { links } : {}),
    ...(type === 'symlink' ? { linktarget: displayName(node.target) } : {}),
  };
}
