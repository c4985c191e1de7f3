// What other apps and the simulator may use of the agent.
export { type BackupSummary, backup } from './backup/backup.ts';
export { chooseKind } from './backup/kind.ts';
export type { LineFactory, LineSetup } from './backup/line/line-factory.ts';
export { PackLine } from './backup/line/pack-line.ts';
export { packTee } from './backup/line/pack-tee.ts';
export type { FinishedPack, Line } from './backup/line/tasks.ts';
export type {
  BackupOptions,
  BackupProblem,
  BackupProgress,
  StreamSource,
} from './backup/options.ts';
export type { BackupPorts } from './backup/ports.ts';
export { type CheckReport, type CopyFinding, check, type PackFinding } from './check/check.ts';
export { keeperNotes, type NoteCopy, serviceNotes } from './check/note-copy.ts';
export {
  planRepair,
  type RepairPlan,
  type RepairPorts,
  type RepairSteps,
  repair,
} from './check/repair.ts';
export type { AgentContext, OwnContext } from './context.ts';
export { type HomePaths, homePaths } from './home.ts';
export { ChunkTable, type ChunkTableMemory } from './index/chunk-table.ts';
export type { PrunePorts } from './prune/ports.ts';
export { type PruneSummary, prune } from './prune/prune.ts';
export {
  embeddedDestroyer,
  type StoreDestroyer,
  serviceDestroyer,
} from './prune/store-destroyer.ts';
export { Usage } from './prune/usage.ts';
export { ChunkReader } from './read/chunk-reader.ts';
export { contentSource, treeSource } from './read/content-source.ts';
export { type CopyFault, CopyFetcher } from './read/copy-fetcher.ts';
export { type Difference, diffTrees } from './read/diff-trees.ts';
export { PackOpener } from './read/pack-opener.ts';
export { openReading, type Reading } from './read/reading.ts';
export { TreeReader } from './read/tree-reader.ts';
export { walkTree } from './read/walk-tree.ts';
export { type RecoverSummary, recover } from './recover/recover.ts';
export type { BatchOutcome, FileBatch, WriterPlace } from './restore/file-batch.ts';
export { FileWriter } from './restore/file-writer.ts';
export type { FileWriters, RestorePorts, RestoreSummary } from './restore/ports.ts';
export { restore } from './restore/restore.ts';
export { replaceSnapshot } from './snapshots/replace-snapshot.ts';
export type { StoredSnapshot } from './snapshots/snapshot-store.ts';
