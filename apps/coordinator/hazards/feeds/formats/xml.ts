// XML from strangers as a tree of bounded size. Strict: what is not well-formed is `corrupt`. A DOCTYPE is
// `hostile` before anything of the document is looked at, so no entity but the five built in ever exists.
// Names go without their prefix: real files write `alert` and `cap:alert` for the same thing.
import { KuraError } from '@kura/base';
import { SaxesParser, type SaxesTagNS } from 'saxes';
import {
  MAX_MESSAGE_BYTES,
  MAX_XML_ATTRIBUTES,
  MAX_XML_DEPTH,
  MAX_XML_ELEMENTS,
} from '../fetch/limits.ts';

export interface XmlElement {
  /** Without prefix. */
  readonly name: string;
  readonly namespace: string;
  /** By local name. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The text directly inside, not that of children. */
  readonly text: string;
}

interface OpenElement extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

export interface XmlOptions {
  /** Named in errors: "the CAP alert". */
  readonly noun: string;
  readonly maxBytes?: number;
}

/** What real feeds use, by their names in the XML declaration. */
const ENCODINGS: Readonly<Record<string, string>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'us-ascii': 'utf-8',
  'utf-16': 'utf-16le',
  'iso-8859-1': 'iso-8859-1',
  'iso-8859-15': 'iso-8859-15',
  'windows-1252': 'windows-1252',
  'windows-1251': 'windows-1251',
  shift_jis: 'shift_jis',
  'euc-jp': 'euc-jp',
};

const DECLARED_ENCODING = /^<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']/;

function encodingOf(bytes: Uint8Array, noun: string): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const head = Buffer.from(bytes.subarray(0, 300)).toString('latin1').trimStart();
  const declared = DECLARED_ENCODING.exec(head.replace(/^\u00ef\u00bb\u00bf/, ''))?.[1] ?? 'utf-8';
  const encoding = ENCODINGS[declared.toLowerCase()];
  if (encoding === undefined) {
    throw new KuraError(
      'unsupported',
      `${noun} is written in ${declared}, which no feed is known for`,
    );
  }
  return encoding;
}

/** Text of an XML document in the encoding that it declares; without byte order mark. */
function decodeXml(bytes: Uint8Array, noun: string): string {
  try {
    return new TextDecoder(encodingOf(bytes, noun), { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof KuraError) throw error;
    throw new KuraError('corrupt', `${noun} has bytes that its encoding does not know`, {
      cause: error,
    });
  }
}

class TreeBuilder {
  readonly #noun: string;
  readonly #open: OpenElement[] = [];
  #elements = 0;
  #root: XmlElement | undefined;

  constructor(noun: string) {
    this.#noun = noun;
  }

  open(tag: SaxesTagNS): void {
    if (++this.#elements > MAX_XML_ELEMENTS) this.#tooLarge(`${MAX_XML_ELEMENTS} elements`);
    if (this.#open.length >= MAX_XML_DEPTH) this.#tooLarge(`${MAX_XML_DEPTH} levels`);
    const given = Object.values(tag.attributes);
    if (given.length > MAX_XML_ATTRIBUTES) this.#tooLarge(`${MAX_XML_ATTRIBUTES} attributes`);
    const attributes = new Map(given.map(({ local, value }) => [local, value]));
    const element = { name: tag.local, namespace: tag.uri, attributes, children: [], text: '' };
    this.#open.at(-1)?.children.push(element);
    this.#root ??= element;
    this.#open.push(element);
  }

  text(text: string): void {
    const element = this.#open.at(-1);
    if (element !== undefined) element.text += text;
  }

  close(): void {
    this.#open.pop();
  }

  root(): XmlElement {
    if (this.#root === undefined) throw new KuraError('corrupt', `${this.#noun} is empty`);
    return this.#root;
  }

  #tooLarge(limit: string): never {
    throw new KuraError('too_large', `${this.#noun} has more than ${limit}`);
  }
}

/** The root element. Throws `corrupt`, `hostile`, `too_large` or `unsupported`. */
export function parseXml(bytes: Uint8Array, options: XmlOptions): XmlElement {
  const { noun, maxBytes = MAX_MESSAGE_BYTES } = options;
  if (bytes.length > maxBytes) {
    throw new KuraError('too_large', `${noun} has ${bytes.length} bytes, ${maxBytes} at most`);
  }
  const text = decodeXml(bytes, noun);
  const builder = new TreeBuilder(noun);
  const parser = new SaxesParser({ xmlns: true, position: true });
  parser.on('doctype', () => {
    throw new KuraError('hostile', `${noun} brings a DOCTYPE, which no feed needs`);
  });
  parser.on('error', (error) => {
    throw new KuraError(
      'corrupt',
      `${noun} is not well-formed XML: ${error.message.slice(0, 200)}`,
    );
  });
  parser.on('opentag', (tag) => builder.open(tag));
  parser.on('text', (part) => builder.text(part));
  parser.on('cdata', (part) => builder.text(part));
  parser.on('closetag', () => builder.close());
  // Some senders put blanks before the declaration, which XML forbids and everybody reads.
  parser.write(text.trimStart()).close();
  return builder.root();
}

// ── Looking into elements ─────────────────────────────────────────────────────────────────────────

export function childrenOf(element: XmlElement | undefined, name: string): XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

/** The first element at the end of a path of names. */
export function childAt(
  element: XmlElement | undefined,
  ...path: readonly string[]
): XmlElement | undefined {
  let found = element;
  for (const name of path) found = found?.children.find((child) => child.name === name);
  return found;
}

/** Trimmed text at the end of a path; empty if it is not there. */
export function textAt(element: XmlElement | undefined, ...path: readonly string[]): string {
  return childAt(element, ...path)?.text.trim() ?? '';
}

/** Every descendant of that name, in document order; does not look inside those found. */
export function descendantsOf(element: XmlElement, name: string): XmlElement[] {
  const found: XmlElement[] = [];
  const visit = (parent: XmlElement): void => {
    for (const child of parent.children) {
      if (child.name === name) found.push(child);
      else visit(child);
    }
  };
  visit(element);
  return found;
}
