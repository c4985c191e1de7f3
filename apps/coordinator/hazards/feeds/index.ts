// What the coordinator uses of feeds: the port, the catalogue, live and recorded fetching, and replay steps.
export * from './catalogue.ts';
export * from './feed.ts';
export { FEED_DEADLINE_MS, fetchOverHttps, type HttpOptions } from './fetch/http-fetch.ts';
export { type RecordedAnswer, recordedFetch } from './fetch/recorded-fetch.ts';
export { type FeedMemory, PolledFeed } from './polled-feed.ts';
export { readStep, type StepWorld, timeOfStep } from './recorded-steps.ts';
export { readStoreHeartbeat } from './sources/store-heartbeat.ts';
export { hear, watchFeed, watchFeeds } from './watch.ts';
