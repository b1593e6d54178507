/** The page of the HTTP API: every operation of the OpenAPI document, without scripts from other hosts. */

import { element } from "./element.js";
import { get } from "./request.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const openapi = await get("/openapi.json");

/** @returns {string} the type of a value, in a word or two */
function typeName(schema = {}) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(typeName).join(" or ");
  if (schema.type === "array") return `list of ${typeName(schema.items)}`;
  return schema.format ?? schema.contentMediaType ?? schema.type ?? "any";
}

/** @returns {Array<Node|string>} a text with the parts between backquotes as code */
const withCode = (text) => text.split("`").map((part, i) => (i % 2 ? element("code", {}, part) : part));

/** @returns {HTMLElement} a table of names, types, and descriptions */
function fieldTable(caption, rows) {
  return element("div", { class: "scroll" }, element("table", { class: "figures" },
    element("caption", { class: "sr" }, caption),
    element("tbody", {}, rows.map(([name, type, description]) => element("tr", {},
      element("th", { scope: "row" }, element("code", {}, name)), element("td", {}, type), element("td", {}, withCode(description)))))));
}

/** @returns {Array<[string, string, string]>} the properties of an object's schema */
function properties(schema) {
  const resolved = schema?.$ref ? openapi.components.schemas[schema.$ref.split("/").pop()] : schema;
  return Object.entries(resolved?.properties ?? {}).map(([name, property]) => [name, typeName(property), property.description ?? ""]);
}

/** @returns {HTMLElement} one operation; a click opens it */
function operation(path, method, details) {
  const parameters = (details.parameters ?? []).map(({ name, schema, description }) =>
    [name, typeName(schema), description ?? schema.description ?? ""]);
  const bodies = Object.entries(details.requestBody?.content ?? {});
  const response = details.responses["200"]?.content?.["application/json"]?.schema;
  return element("details", { class: "card" },
    element("summary", {}, element("code", {}, `${method.toUpperCase()} ${path}`), " ", details.summary ?? ""),
    element("div", { class: "stack" },
      details.description && element("p", {}, withCode(details.description)),
      parameters.length > 0 && [element("h3", {}, "Parameters"), fieldTable("Parameters", parameters)],
      bodies.map(([type, { schema }]) => [element("h3", {}, `Request body, ${type}`), fieldTable("Request body", properties(schema))]),
      response && [element("h3", {}, `Response: ${typeName(response)}`), fieldTable("Response", properties(response.items ?? response))]));
}

document.getElementById("operations").append(
  element("h1", {}, "HTTP API"),
  element("p", {}, openapi.info.summary, " Errors have the form {\"error\": \"one line\"}. The full OpenAPI document is ",
    element("a", { href: "/openapi.json" }, "openapi.json"), "."),
  ...Object.entries(openapi.paths).flatMap(([path, operations]) => METHODS.filter((method) => operations[method])
    .map((method) => operation(path, method, operations[method]))));
