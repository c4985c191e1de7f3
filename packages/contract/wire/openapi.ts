// The endpoint tables as OpenAPI 3.1: what a stranger's tools read. Everything follows from the tables; nothing is
// written twice.
import { ERROR_CODES } from '@kura/base';
import type { Body, Endpoint, Upgrade, Who } from './endpoint.ts';
import type { JsonSchema, Shape } from './shape.ts';

export type OpenApiDocument = Readonly<Record<string, unknown>>;

/** Only ever an answer: what is in it follows from tables, so that its reader may take it as it is. */
export const openApiDocument: Shape<OpenApiDocument> = {
  schema: { type: 'object' },
  read: (json) => (typeof json === 'object' && json !== null ? { ...json } : {}),
  write: (value) => value,
};

const JSON_TYPE = 'application/json';
const RAW_TYPE = 'application/octet-stream';

const WHO: Readonly<Record<Who, string>> = {
  nobody: 'Anybody: no certificate is looked at.',
  token: 'Whoever has the one-time token of the body.',
  key: 'Any certificate, also a self-made one, with a ticket or grant over its key.',
  device: 'A device of an active member, by its certificate.',
  gateway: 'A gateway or coordinator, by its certificate.',
  store: 'A store, by its certificate.',
  operator: 'An operator, by its certificate.',
  any: 'Any certificate of the network.',
};

const ERROR_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    code: { type: 'string', enum: ERROR_CODES },
    message: { type: 'string' },
    guidance: { type: 'string' },
    context: { type: 'object' },
    requestId: { type: 'string' },
  },
  required: ['code', 'message'],
};

function contentOf(body: Body): JsonSchema | undefined {
  if (body.kind === 'none') return undefined;
  if (body.kind === 'json') return { [JSON_TYPE]: { schema: body.shape.schema } };
  const schema = { type: 'string', format: 'binary', maxLength: body.maxBytes };
  return { [body.type ?? RAW_TYPE]: { schema } };
}

function parametersOf({ parameters, query, request }: Endpoint): JsonSchema[] {
  const inPath = Object.entries(parameters).map(([name, shape]) => ({
    ...{ name, in: 'path', required: true, schema: shape.schema },
  }));
  const inQuery = Object.entries(query).map(([name, shape]) => ({
    ...{ name, in: 'query', required: shape.isOptional !== true, schema: shape.schema },
  }));
  const digest = {
    name: 'Content-Digest',
    in: 'header',
    required: true,
    schema: { type: 'string', pattern: '^sha-256=:[A-Za-z0-9+/]{43}=:$' },
  };
  return [...inPath, ...inQuery, ...(request.kind === 'raw' && request.isDigested ? [digest] : [])];
}

function successOf(answer: Body | Upgrade): JsonSchema {
  if (answer.kind === 'upgrade') {
    return { 101: { description: `The connection speaks ${answer.protocol} from now on.` } };
  }
  const content = contentOf(answer);
  return content === undefined
    ? { 204: { description: 'Done.' } }
    : { 200: { description: 'The answer.', content } };
}

function operationOf(endpoint: Endpoint): JsonSchema {
  const { name, who, request, answer } = endpoint;
  const content = contentOf(request);
  return {
    operationId: name,
    description: WHO[who],
    parameters: parametersOf(endpoint),
    ...(content === undefined ? {} : { requestBody: { required: true, content } }),
    responses: { ...successOf(answer), default: { $ref: '#/components/responses/Error' } },
    security: who === 'nobody' || who === 'token' ? [] : [{ certificate: [] }],
  };
}

/** `title`: whose contract it is, "Kura coordinator". */
export function openApi(
  title: string,
  endpoints: Readonly<Record<string, Endpoint>>,
): OpenApiDocument {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const endpoint of Object.values(endpoints)) {
    // OpenAPI has no word for a parameter of several segments.
    const name = endpoint.path.replace('...}', '}');
    const path = paths[name] ?? {};
    path[endpoint.method.toLowerCase()] = operationOf(endpoint);
    paths[name] = path;
  }
  return {
    openapi: '3.1.0',
    info: { title, version: '1', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: {
      securitySchemes: { certificate: { type: 'mutualTLS' } },
      responses: {
        Error: { description: 'An error.', content: { [JSON_TYPE]: { schema: ERROR_SCHEMA } } },
      },
    },
  };
}
