// Bytes of unknown shape to a reading: what an XML document is shows in its root, and an index may hold
// messages, point to them, or both.
import { KuraError } from '@kura/base';
import { MAX_FEED_BYTES } from '../fetch/limits.ts';
import { type Reading, ReadingBuilder } from '../reading.ts';
import { readGdacsRss } from '../sources/gdacs.ts';
import { readJmaReport } from '../sources/jma.ts';
import { type CapOptions, capAlertsIn, readCapAlert } from './cap.ts';
import { indexEntriesOf, readIndex } from './syndication.ts';
import { parseXml, textAt, type XmlElement } from './xml.ts';

function isGdacs(root: XmlElement): boolean {
  return root.name === 'rss' && textAt(root, 'channel', 'item', 'eventtype') !== '';
}

function readRoot(root: XmlElement, builder: ReadingBuilder, options: CapOptions): void {
  if (root.name === 'Report') {
    builder.item('telegram', () => readJmaReport(root, builder, options.outlines));
    return;
  }
  if (isGdacs(root)) {
    readGdacsRss(root, builder);
    return;
  }
  const alerts = capAlertsIn(root);
  builder.items(alerts, (alert) => readCapAlert(alert, builder, options));
  const entries = indexEntriesOf(root);
  if (entries !== undefined) {
    // An entry that holds its message needs no second look at it.
    readIndex(
      entries.filter((entry) => capAlertsIn(entry.element).length === 0),
      builder,
    );
    return;
  }
  if (alerts.length > 0) return;
  throw new KuraError('unsupported', `a document of <${root.name.slice(0, 60)}> is no known feed`);
}

/** CAP alone or embedded, an Atom or RSS index, a JMA telegram, or GDACS's RSS. */
export function readXmlDocument(bytes: Uint8Array, options: CapOptions = {}): Reading {
  const root = parseXml(bytes, { noun: 'the document', maxBytes: MAX_FEED_BYTES });
  const builder = new ReadingBuilder();
  readRoot(root, builder, options);
  return builder.done();
}
