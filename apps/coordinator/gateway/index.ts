// What the gateway offers to those who wire a network together.
export type { GatewayNetwork, GatewayOptions, Hashing, StoreWays } from './context.ts';
export * from './copy-keys.ts';
export * from './gateway.ts';
export type { ReplicateRequest } from './replicate.ts';
