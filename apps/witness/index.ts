export * from './found.ts';
export * from './known-logs.ts';
export * from './program.ts';
