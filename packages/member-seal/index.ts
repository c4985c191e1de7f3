export * from './device.ts';
export * from './envelope.ts';
export * from './local.ts';
export * from './member-keys.ts';
export * from './service-keys.ts';
export * from './sign.ts';
export * from './words.ts';
export * from './wrap.ts';
