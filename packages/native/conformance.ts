// The conformance suite of Native: whoever writes a third implementation registers it here. Each part
// is a file of its own.
export { bulkConformance, sampleBytes } from './conformance-bulk.ts';
export { pairsOf, posixConformance, surveyOf } from './conformance-posix.ts';
