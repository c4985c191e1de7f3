import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MIB } from '@kura/base';
import { CUSTODY_ENDPOINTS } from './endpoints/custody.ts';
import { GATEWAY_ENDPOINTS } from './endpoints/gateway.ts';
import { READER_ENDPOINTS } from './endpoints/reader.ts';
import { SERVICE_ENDPOINTS } from './endpoints/service.ts';
import { type OpenApiDocument, openApi } from './openapi.ts';

const ENDPOINTS = { ...SERVICE_ENDPOINTS, ...CUSTODY_ENDPOINTS, ...GATEWAY_ENDPOINTS };

/** "a.b.c" of a document, keys with dots given as a list. */
function at(document: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null
        ? new Map(Object.entries(value)).get(key)
        : undefined,
    document,
  );
}

describe('OpenAPI', () => {
  const document: OpenApiDocument = openApi('Kura coordinator', ENDPOINTS);

  it('has every endpoint once, by its name', () => {
    const names = Object.values(at(document, 'paths') as object).flatMap((path: object) =>
      Object.values(path).map((operation) => at(operation, 'operationId')),
    );
    assert.deepEqual(names.sort(), Object.keys(ENDPOINTS).sort());
  });

  it('says of a body what its shape says', () => {
    const put = at(document, 'paths', '/v1/packs/{pack}', 'put');
    const [pack, session, hangUp, digest] = at(put, 'parameters') as object[];
    assert.deepEqual(at(pack, 'schema'), { type: 'string', pattern: '^[0-9a-f]{64}$' });
    assert.deepEqual(
      [at(pack, 'in'), at(session, 'in'), at(hangUp, 'in'), at(digest, 'name')],
      ['path', 'query', 'query', 'Content-Digest'],
    );
    const body = at(
      put,
      'requestBody',
      'content',
      'application/octet-stream',
      'schema',
      'maxLength',
    );
    assert.equal(body, 16 * MIB);
    const answer = at(put, 'responses', '200', 'content', 'application/json', 'schema', 'required');
    assert.deepEqual(answer, ['state']);
    assert.deepEqual(at(put, 'security'), [{ certificate: [] }]);
  });

  it('says when there is no body, and when the connection changes', () => {
    const dial = at(document, 'paths', '/v1/dial', 'get', 'responses');
    assert.ok(at(dial, '101') !== undefined);
    const renew = at(document, 'paths', '/v1/sessions/{session}/renew', 'post');
    assert.ok(at(renew, 'responses', '204') !== undefined);
    assert.equal(at(renew, 'requestBody'), undefined);
  });

  it('is small enough to be answered, and refers to nothing that is not there', () => {
    const text = JSON.stringify(openApi('Kura', { ...ENDPOINTS, ...READER_ENDPOINTS }));
    assert.ok(text.length < MIB);
    const references = new Set(Array.from(text.matchAll(/"\$ref":"([^"]+)"/g), ([, one]) => one));
    assert.deepEqual([...references], ['#/components/responses/Error']);
  });
});
