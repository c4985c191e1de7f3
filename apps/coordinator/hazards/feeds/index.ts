// What the coordinator uses of feeds: the port, the catalogue, live and recorded fetching, and replay steps.
export * from './catalogue.ts';
export * from './feed.ts';
export { fetchOverHttps, type HttpOptions } from './http-fetch.ts';
export { PolledFeed } from './polled-feed.ts';
export { type RecordedAnswer, recordedFetch } from './recorded-fetch.ts';
export { readStep, type StepWorld, timeOfStep } from './recorded-steps.ts';
export { readStoreHeartbeat } from './store-heartbeat.ts';
export { watchFeed, watchFeeds } from './watch.ts';
