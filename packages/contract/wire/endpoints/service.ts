// What a service says of itself to anybody.
import { MIB } from '@kura/base';
import { defineEndpoints, json } from '../endpoint.ts';
import { openApiDocument } from '../openapi.ts';

export const SERVICE_ENDPOINTS = defineEndpoints({
  /** The contract itself, as OpenAPI 3.1. */
  describeContract: {
    method: 'GET',
    path: '/v1/openapi.json',
    who: 'nobody',
    answer: json(openApiDocument, 1 * MIB),
  },
});
