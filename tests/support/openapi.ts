// A small generator of TypeScript clients from an OpenAPI document, and a check of answers against it.

import type { Answer } from "./api";

type Schema = {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  enum?: unknown[];
  oneOf?: Schema[];
};

type Content = Record<string, { schema: Schema }>;

export interface Operation {
  operationId: string;
  parameters: { name: string; in: "path" | "query"; required: boolean; schema?: Schema; content?: Content }[];
  requestBody?: { content: Content };
  responses: Record<string, { content?: Content }>;
}

export interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** The TypeScript type of a schema. */
function typeOf(schema: Schema | undefined): string {
  if (!schema) return "unknown";
  if (schema.$ref) return schema.$ref.split("/").at(-1)!;
  if (schema.oneOf) return schema.oneOf.map(typeOf).join(" | ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const names: Record<string, string> = { integer: "number", number: "number", string: "string", boolean: "boolean", null: "null" };
  const members = Object.entries(schema.properties ?? {}).map(
    ([name, member]) => `${JSON.stringify(name)}${schema.required?.includes(name) ? "" : "?"}: ${typeOf(member)}`,
  );
  const kinds = [schema.type ?? "unknown"].flat().map((kind) => {
    if (kind === "array") return `Array<${typeOf(schema.items)}>`;
    if (kind === "object") return members.length > 0 ? `{ ${members.join("; ")} }` : "Record<string, unknown>";
    return names[kind] ?? "unknown";
  });
  return kinds.join(" | ");
}

const json = (content: Content | undefined) => content?.["application/json"]?.schema;

/** A module with a function for each operation. */
export function clientOf({ paths, components }: Document): string {
  const types = Object.entries(components.schemas).map(([name, schema]) => `export type ${name} = ${typeOf(schema)};`);
  const functions = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, parameters, requestBody, responses }]) => {
      const names = parameters.map(
        ({ name, required, schema, content }) => `${JSON.stringify(name)}${required ? "" : "?"}: ${typeOf(schema ?? json(content))}`,
      );
      const good = Object.entries(responses).find(([status]) => status.startsWith("2"))?.[1];
      const body = requestBody ? `, body?: ${typeOf(json(requestBody.content))}` : "";
      const answer = good?.content ? typeOf(json(good.content)) : "void";
      const call = `send(${JSON.stringify(method.toUpperCase())}, ${JSON.stringify(path)}, given as Record<string, unknown>${body ? ", body" : ""})`;
      return `    ${operationId}: (given: { ${names.join("; ")} } = {} as never${body}) => ${call} as Promise<${answer}>,`;
    }),
  );
  return `${types.join("\n")}
type Fetch = (path: string, init: object) => Promise<{ status: number; text(): Promise<string> }>;
export function connect(fetch: Fetch, token?: string) {
  async function send(method: string, pattern: string, given: Record<string, unknown>, body?: unknown) {
    const rest = { ...given };
    const path = pattern.replace(/\\{(\\w+)\\}/g, (_, name) => { const value = rest[name]; delete rest[name]; return encodeURIComponent(String(value)); });
    const query = new URLSearchParams(Object.entries(rest).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]));
    const headers = { ...(body === undefined ? {} : { "content-type": "application/json" }), ...(token ? { authorization: "Bearer " + token } : {}) };
    const answer = await fetch(path + (query.size > 0 ? "?" + query : ""), { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await answer.text();
    const value = text === "" ? undefined : JSON.parse(text);
    if (answer.status >= 300) throw Object.assign(new Error(method + " " + path), { status: answer.status, value });
    return value;
  }
  return {
${functions.join("\n")}
  };
}
`;
}

/** What in an answer is not as its operation says. */
export function faultsOf(document: Document, operation: Operation, answer: Answer): string[] {
  const response = operation.responses[answer.status] ?? (answer.status >= 400 ? operation.responses.default : undefined);
  if (!response) return [`status ${answer.status}`];
  const schema = json(response.content);
  return schema ? faults(document, schema, answer.body, "") : answer.text === "" ? [] : ["a body"];
}

function faults(document: Document, schema: Schema, value: unknown, at: string): string[] {
  if (schema.$ref) return faults(document, document.components.schemas[schema.$ref.split("/").at(-1)!]!, value, at);
  if (schema.oneOf) return schema.oneOf.some((one) => faults(document, one, value, at).length === 0) ? [] : [`${at}: none of them`];
  const kind = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  const kinds = [schema.type ?? kind].flat();
  if (!kinds.includes(kind) && !(kinds.includes("integer") && Number.isInteger(value)))
    return [`${at}: ${kind} is not ${kinds.join(" or ")}`];
  if (Array.isArray(value)) return value.flatMap((item, n) => (schema.items ? faults(document, schema.items, item, `${at}/${n}`) : []));
  if (kind !== "object") return [];
  const members = Object.entries(value as object);
  const missing = (schema.required ?? []).filter((name) => !(name in (value as object))).map((name) => `${at}/${name}: missing`);
  return [
    ...missing,
    ...members.flatMap(([name, member]) => {
      const property = schema.properties?.[name];
      if (property) return faults(document, property, member, `${at}/${name}`);
      return schema.additionalProperties === false ? [`${at}/${name}: unknown`] : [];
    }),
  ];
}
