export * from './folder-shelf.ts';
export * from './found.ts';
export * from './hand-over.ts';
export type { ShelfRecord } from './identity.ts';
export * from './memory-store.ts';
export { isAdmitted, type Owners } from './owners/owners.ts';
export { checkIdentity, type ExpectedStore, readShelf } from './presence.ts';
export { type Processes, systemProcesses } from './shelf/sweep.ts';
