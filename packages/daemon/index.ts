export * from './life/program.ts';
export * from './log.ts';
export * from './metrics.ts';
