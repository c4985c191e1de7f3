// Tables for whoever owns some: open, transact, read. What else is here is this package's own affair.
export {
  type Capabilities,
  type Database,
  type Migration,
  transact,
  type Work,
} from './database.ts';
export { IN_MEMORY, type OpenDatabaseOptions, openDatabase } from './open-database.ts';
export { SQLITE_CAPABILITIES } from './sqlite-database.ts';
