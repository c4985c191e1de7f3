export * from './assert.ts';
export * from './bytes.ts';
export * from './clock.ts';
export * from './disk.ts';
export * from './error.ts';
export * from './ids.ts';
export * from './limits.ts';
export * from './units.ts';
