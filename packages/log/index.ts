export * from './canonical-json.ts';
export * from './checkpoint.ts';
export * from './ed25519.ts';
export * from './hash.ts';
export * from './merkle-tree.ts';
export * from './note.ts';
export * from './receipts.ts';
