export * from './audited-store.ts';
export * from './examination.ts';
export * from './findings.ts';
export * from './full-read.ts';
export * from './leaf-answer.ts';
export * from './leaf-challenge.ts';
export * from './leaf-evidence.ts';
export * from './scrub-report.ts';
export type { StoreWordCheck } from './store-word.ts';
