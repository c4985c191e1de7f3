// What others use of events: the type, the book, and where a place lies to an area.
export * from './event-book.ts';
export type { SavedEvent } from './event-record.ts';
export { distanceToShapeKm, distanceToZoneKm } from './geometry.ts';
export * from './hazard-event.ts';
export type { Report } from './report.ts';
