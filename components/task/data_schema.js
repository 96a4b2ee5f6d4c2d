// What a JSON Schema says of how a value is edited.
const DEEPEST = 12;
const LONG = 120;

export function resolve(schema, root, depth = 0) {
  if (schema === null || typeof schema !== "object" || depth > DEEPEST) return {};
  if (typeof schema.$ref === "string") {
    const { $ref, ...rest } = schema;
    return { ...resolve(at(root, $ref), root, depth + 1), ...rest };
  }
  if (Array.isArray(schema.allOf)) {
    const { allOf, ...rest } = schema;
    return allOf.map((part) => resolve(part, root, depth + 1)).reduce(merge, rest);
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choices)) {
    const some = choices.filter((part) => part?.type !== "null");
    const { anyOf, oneOf, ...rest } = schema;
    if (some.length === 1) return { ...resolve(some[0], root, depth + 1), ...rest, nullable: some.length < choices.length };
    if (some.length && some.every((part) => "const" in (part ?? {}))) {
      return { ...rest, enum: some.map((part) => part.const), words: some.map((part) => part.title) };
    }
  }
  return schema;
}

const merge = (one, other) => ({
  ...other,
  ...one,
  properties: { ...other.properties, ...one.properties },
  required: [...(other.required ?? []), ...(one.required ?? [])],
});

function at(root, ref) {
  if (!ref.startsWith("#")) return {};
  const parts = ref.slice(1).split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  return parts.reduce((part, name) => part?.[name], root) ?? {};
}

/* How a value is edited: object, list, many (of a few), file, select, switch, integer, number, date, moment, long, text, or json. */
export function kindOf(schema, value) {
  if (isFile(value) || schema.format === "file") return "file";
  if (isNumber(value) && !Array.isArray(schema.enum)) return schema.type === "integer" ? "integer" : "number";
  if (Array.isArray(schema.enum) || ("const" in schema && schema.type !== "boolean")) return "select";
  const named = [schema.type].flat().filter((one) => one && one !== "null");
  const type = named.length === 1 ? named[0] : named.length ? typeOf(value, named) : schema.properties ? "object" : typeOf(value);
  if (type === "object") return value === undefined || value === null || isObject(value) ? objectKind(schema, value) : "json";
  if (type === "array" && isChoice(schema, value)) return "many";
  if (type === "array") return value === undefined || value === null || Array.isArray(value) ? "list" : "json";
  if (value !== undefined && value !== null && typeof value === "object") return "json";
  if (type === "string") return textKind(schema, value);
  return { boolean: "switch", integer: "integer", number: "number" }[type] ?? "json";
}

/* Whether a list takes some of a few values, and holds no others. */
function isChoice(schema, value) {
  const options = schema.items?.enum;
  return Array.isArray(options) && (value ?? []).every?.((one) => placeOf(options, one) >= 0) === true;
}

export const placeOf = (options, value) => options.findIndex((one) => JSON.stringify(one) === JSON.stringify(value));

const objectKind = (schema, value) => (schema.properties || isObject(value) ? "object" : "json");

function textKind(schema, value) {
  if (["date", "time", "email", "password"].includes(schema.format)) return schema.format;
  if (schema.format === "date-time") return "moment";
  if (schema.format === "uri" || schema.format === "url") return "url";
  const text = typeof value === "string" ? value : "";
  const long = ["multiline", "markdown", "textarea"].includes(schema.format) || schema.maxLength > LONG;
  return long || text.length > LONG || text.includes("\n") ? "long" : "text";
}

function typeOf(value, among) {
  const type = Array.isArray(value) ? "array" : value === null || value === undefined ? "" : typeof value;
  if (!among) return type;
  if (type === "number" && !among.includes("number")) return "integer";
  return among.includes(type) ? type : among[0];
}

export const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/* A number that a browser cannot hold exactly; `workbench.state.task_values` says why. */
export const isNumber = (value) => isObject(value) && typeof value.$number === "string";

export const isFile = (value) => isObject(value) && typeof value.$artifact === "string";

/* What a new part of a list, or an object that was missing, begins with. */
export function blankOf(schema, root) {
  const found = resolve(schema, root);
  if ("default" in found) return found.default;
  const kind = kindOf(found, undefined);
  if (kind === "object") {
    const needed = (found.required ?? []).filter((name) => found.properties?.[name]);
    return Object.fromEntries(needed.map((name) => [name, blankOf(found.properties[name], root)]).filter(([, value]) => value !== undefined));
  }
  if (kind === "list" || kind === "many") return [];
  if (kind === "switch") return false;
  if (kind === "select") return "const" in found ? found.const : undefined;
  return ["text", "long", "email", "url"].includes(kind) ? "" : undefined;
}

export const titleOf = (schema, name) => schema.title || sentence(String(name));

function sentence(name) {
  const words = name.replaceAll("_", " ").replace(/([a-z\d])([A-Z])/g, "$1 $2").trim();
  return words ? words[0].toUpperCase() + words.slice(1) : name;
}

export const member = (pointer, key) => `${pointer}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
