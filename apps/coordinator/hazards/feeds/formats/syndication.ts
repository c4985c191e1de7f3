// Indexes of messages as Atom or RSS: which messages there are now, and where. An entry without a name or
// address is a problem of its own.
import { KuraError } from '@kura/base';
import type { ReadingBuilder } from '../reading.ts';
import { childAt, childrenOf, textAt, type XmlElement } from './xml.ts';

export interface IndexEntry {
  readonly id: string;
  readonly title: string;
  readonly updated: string;
  /** Addresses with their types, in order. */
  readonly links: readonly { readonly href: string; readonly type: string }[];
  readonly element: XmlElement;
}

function atomEntry(entry: XmlElement): IndexEntry {
  const links = childrenOf(entry, 'link').map((link) => ({
    href: link.attributes.get('href') ?? '',
    type: link.attributes.get('type') ?? '',
  }));
  return {
    id: textAt(entry, 'id'),
    title: textAt(entry, 'title'),
    updated: textAt(entry, 'updated'),
    links: links.filter((link) => link.href !== ''),
    element: entry,
  };
}

function rssItem(item: XmlElement): IndexEntry {
  const link = textAt(item, 'link');
  return {
    id: textAt(item, 'guid') || link,
    title: textAt(item, 'title'),
    updated: textAt(item, 'pubDate'),
    links: link === '' ? [] : [{ href: link, type: '' }],
    element: item,
  };
}

/** Entries of an index; undefined if the document is none. */
export function indexEntriesOf(root: XmlElement): IndexEntry[] | undefined {
  if (root.name === 'feed') return childrenOf(root, 'entry').map(atomEntry);
  if (root.name === 'rss') return childrenOf(childAt(root, 'channel'), 'item').map(rssItem);
  return undefined;
}

/** The address of the message: one that says it is XML, else the first. */
function messageAddress(entry: IndexEntry): string | undefined {
  return (entry.links.find((link) => /xml/.test(link.type)) ?? entry.links[0])?.href;
}

/** Notes where the messages of an index are. */
export function readIndex(entries: readonly IndexEntry[], builder: ReadingBuilder): void {
  builder.items(entries, (entry) => {
    const url = messageAddress(entry);
    if (entry.id === '' || url === undefined) {
      throw new KuraError('corrupt', `the entry "${entry.title.slice(0, 80)}" names no message`);
    }
    builder.link({ url, version: entry.updated });
  });
}
