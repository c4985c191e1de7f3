// What the command, the simulator and tests use of the coordinator. An agent knows the port only.
export { Coordinator } from './coordinator.ts';
export type { AdoptedCopy, AdoptedPack } from './custody/adopt.ts';
export { packSetRoot } from './custody/commit-snapshot.ts';
export { type LogSigner, logOrigin, logSigner } from './custody/log-key.ts';
export { MIGRATIONS } from './db/migrations/index.ts';
export type { CoordinatorDatabase, CoordinatorTables } from './db/tables.ts';
export { type FoundCoordinatorOptions, foundCoordinator, type NetworkFounding } from './found.ts';
export * from './gateway/index.ts';
export type { LogView } from './log/view.ts';
export { MemberCoordinator } from './member-coordinator.ts';
export { HIGHEST_LEVEL, LOWEST_LEVEL } from './members/level.ts';
export { type Charter, Network } from './network.ts';
export { type OpenCoordinatorOptions, openCoordinator } from './open.ts';
export * from './placement/index.ts';
export type { Figures, JournalEntry, SessionResult } from './sessions/journal.ts';
export {
  type Liveness,
  type Processes,
  type ProcessName,
  systemProcesses,
} from './sessions/processes.ts';
export { type LivingSession, SESSION_LEASE_MS } from './sessions/sessions.ts';
export type { StoreChange, StoreRegistration } from './stores/stores.ts';
