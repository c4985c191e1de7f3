// What the gateway offers to those who wire a network together.
export { COPY_KEY_EPOCH, type GatewayNetwork, type GatewayOptions } from './context.ts';
export * from './gateway.ts';
export type { ReplicateRequest } from './replicate.ts';
