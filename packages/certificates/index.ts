export { newKey, readKey } from './ec-key.ts';
export * from './hosts.ts';
export * from './invitation.ts';
export * from './issue.ts';
export * from './name.ts';
export * from './network-word.ts';
export * from './request.ts';
export * from './trust.ts';
