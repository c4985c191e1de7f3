// The log grows here, and nowhere else: one leaf, the frontier and tiles that it makes, the head that is signed. In the
// transaction of the rows that the leaf tells of, so there is no leaf without them.
import { equalBytes, KuraError, must } from '@kura/base';
import { openCheckpoint, signCheckpoint, TILE_WIDTH } from '@kura/log';
import type { Rows } from '../db/tables.ts';
import { foldTiles } from '../log/tiles.ts';
import {
  appendLeaf,
  decodePeaks,
  EMPTY_FRONTIER,
  encodePeaks,
  type Frontier,
  headOf,
} from './log-frontier.ts';
import type { LogSigner } from './log-key.ts';

export interface LogEntry {
  readonly leafIndex: number;
  /** Of the newest head, in which this entry is the last one. */
  readonly inclusionProof: readonly Uint8Array[];
  /** A signed note. */
  readonly checkpoint: string;
}

/** `entryHash`: `hashEntry` of the entry. Throws `corrupt` if the log is not the one that was signed last. */
export async function appendLogEntry(
  rows: Rows,
  entryHash: Uint8Array,
  signer: LogSigner,
): Promise<LogEntry> {
  const appended = appendLeaf(await readFrontier(rows, signer), entryHash);
  const { frontier, leafIndex, head, inclusionProof } = appended;
  const checkpoint = signCheckpoint(
    { origin: signer.origin, size: frontier.size, head },
    signer.seed,
  );
  await rows
    .insertInto('log_entries')
    .values({ leaf_index: leafIndex, entry_hash: entryHash })
    .execute();
  if (frontier.size % TILE_WIDTH === 0) await foldTiles(rows, frontier.size);
  await writeFrontier(rows, frontier, checkpoint);
  return { leafIndex, inclusionProof, checkpoint };
}

/** The frontier, which must be the one that was signed last: a log is never continued from a guess. */
async function readFrontier(rows: Rows, signer: LogSigner): Promise<Frontier> {
  const row = await rows.selectFrom('log_frontier').selectAll().executeTakeFirst();
  if (row === undefined) return EMPTY_FRONTIER;
  const frontier = decodePeaks(row.size, row.peaks);
  const signed = openCheckpoint(row.checkpoint, signer);
  const isSigned = signed.size === row.size && frontier !== undefined;
  if (!isSigned || !equalBytes(headOf(must(frontier, 'checked')), signed.head)) {
    throw new KuraError('corrupt', 'the receipts log is not the one that was signed last', {
      guidance: 'Keep the receipts, move the tables away and run `kura recover`.',
    });
  }
  return frontier;
}

async function writeFrontier(rows: Rows, frontier: Frontier, checkpoint: string): Promise<void> {
  const columns = { size: frontier.size, peaks: encodePeaks(frontier), checkpoint };
  await rows
    .insertInto('log_frontier')
    .values({ number: 1, ...columns })
    .onConflict((same) => same.column('number').doUpdateSet(columns))
    .execute();
}
