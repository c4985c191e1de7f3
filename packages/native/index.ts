export * from './load.ts';
export * from './memory.ts';
export * from './node-disk.ts';
export * from './page-pool.ts';
export * from './types.ts';
