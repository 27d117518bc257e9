/** The OpenAPI 3.1 document, made from the routes themselves and the schemas that check their messages. */

import { z } from 'zod';
import { titleOf } from './problem.ts';
import { NOTHING, type RouteDoc } from './route.ts';
import { SCOPES } from './scopes.ts';

type Json = Record<string, unknown>;

const problemSchema = z
  .strictObject({
    type: z.string().meta({ description: 'urn:authen-bridge:problem:<code>' }),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable; what a program decides by.' }),
    detail: z.string(),
    next: z.string().meta({ description: 'What to do.' }),
    fields: z.array(z.strictObject({ field: z.string(), expected: z.string() })).optional(),
    incident: z.string().optional().meta({ description: "Finds the cause of a 500 in the bridge's log." }),
    requestId: z.string(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457.' });

export function openApiDocument(routes: readonly RouteDoc[], publicUrl: string | undefined): Json {
  const paths: Record<string, Json> = {};
  const components: Json = {};
  schemaOf(problemSchema, 'output', components);
  for (const doc of routes) {
    paths[doc.path] = { ...paths[doc.path], [doc.method]: operation(doc, components) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'authen-bridge',
      version: '1',
      description:
        'NHSO authen codes for hospital visits. Times are Bangkok time; citizen ids and phones are masked ' +
        `unless said otherwise. Scopes of keys: ${Object.entries(SCOPES)
          .map(([scope, what]) => `\`${scope}\` (${what})`)
          .join(', ')}.`,
    },
    servers: [{ url: publicUrl ?? '/' }],
    tags: [...new Set(routes.map((doc) => doc.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'A key made with `npm run key -- create`.' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
      },
    },
  };
}

function operation(doc: RouteDoc, components: Json): Json {
  const { operationId, summary, description, tag, access } = doc;
  const open = 'open' in access;
  // OpenAPI 3.1 lets every kind of security scheme list the roles that are needed
  const roles = open || access.scope === 'any' ? [] : [access.scope];
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    security: open ? [] : [{ bearer: roles }, { apiKey: roles }],
    parameters: [...parameters(doc, 'path', components), ...parameters(doc, 'query', components)],
    ...(doc.body === NOTHING ? {} : { requestBody: requestBody(doc, components) }),
    responses: responses(doc, components),
  };
}

function parameters(doc: RouteDoc, where: 'path' | 'query', components: Json): Json[] {
  const { properties = {}, required = [] } = schemaOf(
    where === 'path' ? doc.params : doc.query,
    'input',
    components,
  );
  return Object.entries(properties as Record<string, Json>).map(([name, { description, ...schema }]) => ({
    name,
    in: where,
    required: (required as string[]).includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

function requestBody(doc: RouteDoc, components: Json): Json {
  const required = !doc.body.safeParse({}).success;
  const { bodyType = 'application/json' } = doc;
  return { required, content: { [bodyType]: { schema: schemaOf(doc.body, 'input', components) } } };
}

function responses(doc: RouteDoc, components: Json): Json {
  const given = Object.entries(doc.answers).map(([status, answer]) => {
    const { description, schema, mediaType = 'application/json', others = {} } = answer;
    const forms = Object.entries(schema === undefined ? others : { [mediaType]: schema, ...others });
    const content = forms.map(([type, form]) => [type, { schema: schemaOf(form, 'output', components) }]);
    return [status, { description, ...(forms.length === 0 ? {} : { content: Object.fromEntries(content) }) }];
  });
  const problems = problemStatuses(doc).map((status) => [String(status), problem(doc, status)]);
  return Object.fromEntries([...problems, ...given]);
}

/** What the gate, the checks and the service may answer besides. */
function problemStatuses(doc: RouteDoc): number[] {
  const statuses = [429, 500];
  if (!('open' in doc.access)) statuses.push(401, 403, 503);
  if (doc.path.startsWith('/api') || doc.tag in PROBLEMS) statuses.push(400);
  if (doc.params !== NOTHING) statuses.push(404);
  if (doc.method === 'post') statuses.push(409, 413, 415, 502);
  return [...statuses, ...(doc.problems ?? [])].sort();
}

function problem(doc: RouteDoc, status: number): Json {
  const [mediaType, name] = PROBLEMS[doc.tag] ?? ['application/problem+json', 'Problem'];
  return {
    description: titleOf(status),
    content: { [mediaType]: { schema: { $ref: `#/components/schemas/${name}` } } },
  };
}

/** Where a client knows another form of errors than the bridge's own. */
const PROBLEMS: Readonly<Record<string, readonly [mediaType: string, schema: string]>> = {
  FHIR: ['application/fhir+json', 'FhirResource'],
  Agent: ['application/json', 'AgentAnswer'],
};

/** JSON Schema of it; whatever has an id becomes a component and is referred to. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', components: Json): Json {
  const made: Json = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
  const { $schema, $defs, ...json } = refersToComponents(made) as Json;
  for (const [name, inner] of Object.entries(($defs ?? {}) as Record<string, Json>)) {
    const { id, ...rest } = inner;
    components[name] = rest;
  }
  return json;
}

function refersToComponents(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(refersToComponents);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string'
        ? inner.replace('#/$defs/', '#/components/schemas/')
        : refersToComponents(inner),
    ]),
  );
}
