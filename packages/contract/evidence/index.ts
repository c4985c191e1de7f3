export * from './bundle.ts';
export * from './facts.ts';
export * from './judge.ts';
export * from './observed.ts';
export * from './open-bundle.ts';
export * from './plain-words.ts';
export * from './rate.ts';
export * from './verdict.ts';
