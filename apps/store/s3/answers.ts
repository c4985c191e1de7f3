// What an object store says in XML, as far as a shelf asks: error codes, names and sizes. Names that a shelf uses are
// plain ASCII without anything to escape; every other name is passed over, so no parser of XML is needed.
import { KuraError } from '@kura/base';

export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
}

export interface Listing {
  readonly objects: readonly ListedObject[];
  /** Where the next page begins; undefined: there is none. */
  readonly next: string | undefined;
}

export interface ListedVersion {
  readonly key: string;
  readonly versionId: string;
}

const PLAIN_NAME = /^[A-Za-z0-9._/-]+$/;

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function field(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}

function blocks(xml: string, names: string): string[] {
  const found = xml.matchAll(new RegExp(`<(${names})>(.*?)</\\1>`, 'gs'));
  return [...found].map(([, , block = '']) => block);
}

/** "NoSuchKey"; undefined if the body is no error of an object store. */
export function readCode(body: Uint8Array): string | undefined {
  const code = field(text(body), 'Code');
  return code !== undefined && /^\w{1,64}$/.test(code) ? code : undefined;
}

/** Throws `corrupt` for a page that says it is not the last, and not where the next one begins. */
export function readListing(body: Uint8Array): Listing {
  const xml = text(body);
  const objects = blocks(xml, 'Contents').flatMap((block) => {
    const key = field(block, 'Key');
    const sizeBytes = Number(field(block, 'Size') ?? Number.NaN);
    return key !== undefined && PLAIN_NAME.test(key) && Number.isSafeInteger(sizeBytes)
      ? [{ key, sizeBytes }]
      : [];
  });
  if (field(xml, 'IsTruncated') !== 'true') return { objects, next: undefined };
  const next = unescaped(field(xml, 'NextContinuationToken'));
  if (next !== undefined && next !== '') return { objects, next };
  throw new KuraError('corrupt', 'the object store lists a part, and does not say how to go on', {
    guidance: 'Nothing is taken for missing. Look at the object store.',
  });
}

/** Versions and the marks that deletions leave. */
export function readVersions(body: Uint8Array): ListedVersion[] {
  return blocks(text(body), 'Version|DeleteMarker').flatMap((block) => {
    const key = field(block, 'Key');
    const versionId = unescaped(field(block, 'VersionId'));
    return key !== undefined && versionId !== undefined ? [{ key, versionId }] : [];
  });
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&quot;': '"',
  '&apos;': "'",
  '&lt;': '<',
  '&gt;': '>',
  '&amp;': '&',
};

function unescaped(value: string | undefined): string | undefined {
  return value?.replace(/&(?:quot|apos|lt|gt|amp);/g, (entity) => ESCAPES[entity] ?? entity);
}
