// The API explorer: lists the operations of /openapi.json, shows what each takes and answers, and calls it.

const tokenField = document.getElementById("token");
const filterField = document.getElementById("filter");
const count = document.getElementById("count");
const list = document.getElementById("operations");

/** An element with properties and children; texts are texts, never markup. */
function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function described(field, id) {
  field.setAttribute("aria-describedby", id);
  return field;
}

/** Schemas by their names, filled in. */
let components = {};

/** A schema with the ones that it names in their places, as deep as people read. */
function resolved(schema, depth = 0) {
  if (Array.isArray(schema)) return schema.map((part) => resolved(part, depth));
  if (schema === null || typeof schema !== "object") return schema;
  if (schema.$ref) {
    const name = schema.$ref.split("/").at(-1);
    return depth < 4 ? resolved(components[name], depth + 1) : name;
  }
  return Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, resolved(part, depth)]));
}

const SAMPLES = { string: "", number: 0, integer: 0, boolean: true, array: [], object: {}, null: null };

/** A value to begin with: what is required, or everything where nothing is. */
function sample(schema) {
  if (schema.enum) return schema.enum[0];
  const [kind] = [schema.type ?? "object"].flat();
  if (kind === "array") return schema.items ? [sample(schema.items)] : [];
  if (kind !== "object") return SAMPLES[kind];
  const required = schema.required ?? [];
  const members = Object.entries(schema.properties ?? {}).filter(([name]) => required.length === 0 || required.includes(name));
  return Object.fromEntries(members.map(([name, member]) => [name, sample(member)]));
}

const text = (value) => JSON.stringify(value, null, 2);

function parameterField(parameter, id) {
  const input = element("input", { id, name: parameter.name, required: parameter.required, autocomplete: "off", spellcheck: false });
  const schema = parameter.schema ?? parameter.content?.["application/json"].schema;
  const hint = schema?.enum ? `One of ${schema.enum.join(", ")}` : parameter.content ? "JSON" : `In the ${parameter.in}`;
  const label = element("label", { htmlFor: id }, parameter.name);
  const note = element("p", { className: "hint", id: `${id}_hint` }, parameter.required ? `${hint}, required` : hint);
  return element("div", { className: "field" }, label, described(input, note.id), note);
}

function schemaDetails(title, schema) {
  return element("details", {}, element("summary", {}, title), element("pre", {}, text(resolved(schema))));
}

/** The form of an operation, made when it is opened. */
function formOf(method, path, operation) {
  const id = operation.operationId;
  const fields = operation.parameters.map((parameter) => parameterField(parameter, `${id}_${parameter.name}`));
  const [media, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const body = content && element("textarea", { id: `${id}_body`, name: "", spellcheck: false, value: text(sample(resolved(content.schema))) });
  const parts = body ? [element("label", { htmlFor: body.id }, `Body, ${media}`), body] : [];
  const schemas = [
    ...(content ? [schemaDetails("Schema of the body", content.schema)] : []),
    ...Object.entries(operation.responses).flatMap(([status, { content: answer }]) =>
      answer ? [schemaDetails(`Schema of the answer: ${status}`, answer["application/json"].schema)] : [],
    ),
  ];
  const send = element("button", { className: "primary" }, `Send ${method.toUpperCase()}`);
  const form = element("form", {}, ...fields, ...(body ? [element("div", { className: "field" }, ...parts)] : []), ...schemas);
  form.append(element("div", { className: "actions" }, send));
  const output = element("output");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.disabled = true;
    output.replaceChildren(...(await answerOf(() => call(method, path, operation, form, media, body))));
    send.disabled = false;
  });
  return [form, output];
}

async function call(method, path, operation, form, media, body) {
  const query = new URLSearchParams();
  let address = path;
  for (const { name, in: place } of operation.parameters) {
    const { value } = form.elements.namedItem(name);
    if (place === "path") address = address.replace(`{${name}}`, encodeURIComponent(value));
    else if (value !== "") query.append(name, value);
  }
  const headers = { accept: "application/json" };
  if (operation.security.length > 0 && tokenField.value) headers.authorization = `Bearer ${tokenField.value}`;
  if (body) headers["content-type"] = media;
  const isForm = media === "application/x-www-form-urlencoded";
  const sent = body && (isForm ? new URLSearchParams(JSON.parse(body.value)).toString() : body.value);
  const since = performance.now();
  // Without the browser's own cookies: what is sent is what is seen.
  const answer = await fetch(query.size > 0 ? `${address}?${query}` : address, {
    method: method.toUpperCase(),
    headers,
    body: sent,
    credentials: "omit",
    redirect: "manual",
  });
  return { answer, content: await answer.text(), took: Math.round(performance.now() - since) };
}

async function answerOf(ask) {
  try {
    const { answer, content, took } = await ask();
    if (answer.type === "opaqueredirect") return [element("p", { className: "note" }, "Redirects elsewhere.")];
    const parsed = content && (answer.headers.get("content-type") ?? "").includes("json") ? JSON.parse(content) : undefined;
    const status = element("p", {}, element("span", { className: `tag ${answer.ok ? "good" : "bad"}` }, String(answer.status)), ` in ${took} ms`);
    const shown = content === "" ? [] : [element("pre", { tabIndex: 0 }, parsed === undefined ? content : text(parsed))];
    return [status, ...shown, ...useToken(parsed?.accessToken)];
  } catch (error) {
    return [element("p", { className: "note bad" }, String(error))];
  }
}

function useToken(token) {
  if (typeof token !== "string") return [];
  const button = element("button", { type: "button", className: "small" }, "Use this access token");
  button.addEventListener("click", () => {
    tokenField.value = token;
    button.textContent = "In use";
  });
  return [element("div", { className: "actions" }, button)];
}

function operationOf(method, path, operation) {
  const summary = element(
    "summary",
    {},
    element("span", { className: `method ${method}` }, method.toUpperCase()),
    element("code", {}, path),
    element("span", { className: "quiet" }, operation.summary),
  );
  const details = element("details", { className: "card operation", id: operation.operationId }, summary);
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(...formOf(method, path, operation));
  });
  const words = `${method} ${path} ${operation.summary}`.toLowerCase();
  return { details, words, tag: operation.tags[0] };
}

function filter(sections, operations) {
  const wanted = filterField.value.toLowerCase().split(/\s+/);
  let shown = 0;
  for (const { details, words } of operations) {
    details.hidden = !wanted.every((word) => words.includes(word));
    if (!details.hidden) shown++;
  }
  for (const section of sections) section.hidden = !section.querySelector("details.operation:not([hidden])");
  count.textContent = `${shown} of ${operations.length} operations`;
}

function openNamed() {
  const named = document.getElementById(location.hash.slice(1));
  if (named?.matches("details")) named.open = true;
}

async function start() {
  const answer = await fetch("/openapi.json");
  if (!answer.ok) throw new Error(`/openapi.json: ${answer.status}`);
  const api = await answer.json();
  components = api.components.schemas;
  const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationOf(method, path, operation)),
  );
  const sections = [...new Set(operations.map(({ tag }) => tag))].map((tag) => {
    const own = operations.filter((operation) => operation.tag === tag).map(({ details }) => details);
    return element("section", {}, element("h2", {}, tag), ...own);
  });
  list.append(...sections);
  for (const id of ["settings", "token_hint"]) document.getElementById(id).hidden = false;
  document.getElementById("settings").addEventListener("submit", (event) => event.preventDefault());
  filterField.addEventListener("input", () => filter(sections, operations));
  filter(sections, operations);
  addEventListener("hashchange", openNamed);
  openNamed();
}

start().catch((error) => (count.textContent = `The operations could not be read: ${error.message}`));
