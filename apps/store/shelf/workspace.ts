// The memory that one copy on its way in needs beside the caller's: parity of the open group,
// hashes and tables, about 650 KiB. Used again and again, because page-aligned memory is costly
// to make.
import { must, type NetworkShape } from '@kura/base';
import { allocatePages } from '@kura/native';
import { GROUP_PARITY_LEAVES, geometryOf, HASH_BYTES } from './layout.ts';
import { createParity, type Parity } from './parity.ts';

/** Kept for the next copies; more receivers at once are possible and dearer. */
const MAX_IDLE = 8;

export interface Workspace {
  readonly parity: Parity;
  /** One hash per leaf of the largest pack. */
  readonly leafHashes: Uint8Array;
  readonly parityHashes: Uint8Array;
  /** The parity of a group that is being written, while the next group adds up. Page-aligned. */
  readonly finishedParity: Uint8Array;
  /** Page-aligned room for a table. */
  readonly table: Uint8Array;
  /** Page-aligned room for one leaf. */
  readonly leaf: Uint8Array;
}

export class WorkspacePool {
  readonly #shape: NetworkShape;
  readonly #idle: Workspace[] = [];

  constructor(shape: NetworkShape) {
    this.#shape = shape;
  }

  take(): Workspace {
    return this.#idle.pop() ?? createWorkspace(this.#shape);
  }

  give(workspace: Workspace): void {
    if (this.#idle.length < MAX_IDLE) this.#idle.push(workspace);
  }
}

function createWorkspace(shape: NetworkShape): Workspace {
  const { leafBytes } = shape;
  const largest = geometryOf(leafBytes, must(shape.packLeaves[2], 'a shape has three sizes'));
  const parityBytes = GROUP_PARITY_LEAVES * leafBytes;
  const pages = allocatePages(leafBytes + parityBytes + largest.tableBytes);
  return {
    parity: createParity({ leafBytes }),
    finishedParity: pages.subarray(leafBytes, leafBytes + parityBytes),
    leafHashes: new Uint8Array(largest.leafCount * HASH_BYTES),
    parityHashes: new Uint8Array(largest.parityLeafCount * HASH_BYTES),
    leaf: pages.subarray(0, leafBytes),
    table: pages.subarray(leafBytes + parityBytes),
  };
}
