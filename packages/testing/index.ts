export * from './alarm-clock.ts';
export * from './clock.ts';
export * from './fault-disk.ts';
export * from './memory-disk.ts';
export * from './random.ts';
export * from './store-conformance.ts';
export * from './store-fixture.ts';
