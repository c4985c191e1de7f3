export * from './agree.ts';
export * from './answer.ts';
export * from './chain.ts';
export * from './issue.ts';
export * from './request.ts';
export * from './token-info.ts';
export * from './verify.ts';
