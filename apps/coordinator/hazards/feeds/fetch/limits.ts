// What a feed may cost, in bytes, elements and requests. Strangers write the feeds.
import { GIB, MIB } from '@kura/base';

/** NWS's list of all active alerts was 4 MB on a bad day; four times that is a mistake or an attack. */
export const MAX_FEED_BYTES = 16 * MIB;
/** A CAP alert or a JMA telegram; the largest sample has 145 KB. */
export const MAX_MESSAGE_BYTES = 4 * MIB;
/** The ShakeMap of Hokkaido 2018 has 14.5 MB, and is read line by line. */
export const MAX_GRID_BYTES = 40 * MIB;
/** Intensities kept of a ShakeMap: 200 by 200, each the highest of its cell. */
export const MAX_GRID_POINTS = 40_000;
export const MAX_GRID_CELLS = 4_000_000;

export const MAX_XML_DEPTH = 64;
export const MAX_XML_ELEMENTS = 300_000;
export const MAX_XML_ATTRIBUTES = 64;

/** Alerts, entries or features of one answer; the rest is named as a problem. */
export const MAX_ITEMS = 5_000;
export const MAX_AREAS_PER_MESSAGE = 2_000;
export const MAX_PROBLEMS = 100;
/** Lines of one ATCF file; a whole season of one storm has some ten thousand. */
export const MAX_LINES = 50_000;

/** Messages that an index names, fetched in one poll; the next poll goes on. */
export const MAX_FOLLOWED_PER_POLL = 40;
/** Addresses known to have been fetched: JMA asks that no telegram is fetched twice. */
export const MAX_REMEMBERED_ADDRESSES = 10_000;
/** JMA shuts out addresses that take 10 GB a day; nobody needs a tenth of it. */
export const MAX_BYTES_PER_DAY = GIB;
