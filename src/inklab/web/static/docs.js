/** The page of the service: every operation of its OpenAPI document, readable without anything from elsewhere. */

import { get } from "./api.js";
import { element } from "./element.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const document_ = await get("/openapi.json");

/** @returns {string} the kind of a value, in a word or two */
function kind(schema = {}) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(kind).join(" or ");
  if (schema.type === "array") return `list of ${kind(schema.items)}`;
  return schema.format ?? schema.contentMediaType ?? schema.type ?? "anything";
}

/** @returns {Array<Node|string>} a text with what stands between backquotes as code */
const marked = (text) => text.split("`").map((part, i) => (i % 2 ? element("code", {}, part) : part));

/** @returns {HTMLElement} a table of names, kinds and meanings */
function fields(caption, rows) {
  return element("div", { class: "scroll" }, element("table", { class: "figures" },
    element("caption", { class: "sr" }, caption),
    element("tbody", {}, rows.map(([name, what, meaning]) => element("tr", {},
      element("th", { scope: "row" }, element("code", {}, name)), element("td", {}, what), element("td", {}, marked(meaning)))))));
}

/** @returns {Array<[string, string, string]>} the properties of a schema that is an object */
function properties(schema) {
  const named = schema?.$ref ? document_.components.schemas[schema.$ref.split("/").pop()] : schema;
  return Object.entries(named?.properties ?? {}).map(([name, one]) => [name, kind(one), one.description ?? ""]);
}

/** @returns {HTMLElement} one operation, to be opened */
function operation(path, method, one) {
  const taken = (one.parameters ?? []).map(({ name, schema, description }) =>
    [name, kind(schema), description ?? schema.description ?? ""]);
  const bodies = Object.entries(one.requestBody?.content ?? {});
  const answer = one.responses["200"]?.content?.["application/json"]?.schema;
  return element("details", { class: "card" },
    element("summary", {}, element("code", {}, `${method.toUpperCase()} ${path}`), " ", one.summary ?? ""),
    element("div", { class: "stack" },
      one.description && element("p", {}, marked(one.description)),
      taken.length > 0 && [element("h3", {}, "Takes"), fields("Parameters", taken)],
      bodies.map(([type, { schema }]) => [element("h3", {}, `Body, ${type}`), fields("Body", properties(schema))]),
      answer && [element("h3", {}, `Answers ${kind(answer)}`), fields("Answer", properties(answer.items ?? answer))]));
}

document.getElementById("operations").append(
  element("h1", {}, "The service"),
  element("p", {}, document_.info.summary, " Errors are answered as {\"error\": \"one line\"}. The whole description is ",
    element("a", { href: "/openapi.json" }, "openapi.json"), "."),
  ...Object.entries(document_.paths).flatMap(([path, methods]) => METHODS.filter((m) => methods[m])
    .map((method) => operation(path, method, methods[method]))));
