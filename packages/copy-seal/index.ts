export * from './cipher.ts';
export * from './keys.ts';
export * from './leaves.ts';
export * from './letters.ts';
export * from './lock-box.ts';
export * from './notices.ts';
export * from './suites.ts';
