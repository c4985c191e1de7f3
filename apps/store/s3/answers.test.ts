import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { utf8 } from '@kura/base';
import { readCode, readListing, readVersions } from './answers.ts';

const listing = (inner: string): Uint8Array =>
  utf8(`<?xml version="1.0"?>\n<ListBucketResult xmlns="x">${inner}</ListBucketResult>`);
const contents = (key: string, size: string): string =>
  `<Contents><Key>${key}</Key><LastModified>x</LastModified><Size>${size}</Size></Contents>`;

describe('what an object store says', () => {
  test('an error has a code, anything else has none', () => {
    const error = utf8('<Error><Code>NoSuchKey</Code><Message>a &lt; b</Message></Error>');
    assert.equal(readCode(error), 'NoSuchKey');
    for (const other of ['', '<html>', '<Code></Code>', '<Code>a b</Code>', 'NoSuchKey']) {
      assert.equal(readCode(utf8(other)), undefined, other);
    }
  });

  test('a page of names, and where the next one begins', () => {
    const page = readListing(
      listing(
        contents('copies/00/aa', '17') +
          contents('kura-store.json', '300') +
          '<IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b</NextContinuationToken>',
      ),
    );
    assert.deepEqual(page.objects, [
      { key: 'copies/00/aa', sizeBytes: 17 },
      { key: 'kura-store.json', sizeBytes: 300 },
    ]);
    assert.equal(page.next, 'a&b');
    const last = readListing(listing('<IsTruncated>false</IsTruncated>'));
    assert.deepEqual(last, { objects: [], next: undefined });
  });

  test('R36: a page that is not the last and has no next is no end of the list', () => {
    for (const token of ['', '<NextContinuationToken></NextContinuationToken>']) {
      const page = listing(`${contents('a', '1')}<IsTruncated>true</IsTruncated>${token}`);
      assert.throws(() => readListing(page), { code: 'corrupt' });
    }
  });

  test('names that no shelf makes are passed over', () => {
    const strange = ['a b', 'a&amp;b', '../x\n', 'ä', ''];
    const page = readListing(listing(strange.map((key) => contents(key, '1')).join('')));
    assert.deepEqual(page.objects, []);
    assert.deepEqual(readListing(listing(contents('a', 'many'))).objects, []);
  });

  test('versions and the marks of deletions', () => {
    const xml =
      '<ListVersionsResult><Version><Key>a</Key><VersionId>null</VersionId></Version>' +
      '<DeleteMarker><Key>a</Key><VersionId>v&quot;2</VersionId></DeleteMarker></ListVersionsResult>';
    assert.deepEqual(readVersions(utf8(xml)), [
      { key: 'a', versionId: 'null' },
      { key: 'a', versionId: 'v"2' },
    ]);
  });
});
