export * from './acknowledgement.ts';
export * from './coordinator-port.ts';
export * from './store-port.ts';
export * from './warrant.ts';
