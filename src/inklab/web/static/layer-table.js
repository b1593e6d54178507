/** A table of the layers of a network. */

import { element } from "./element.js";
import { count } from "./format.js";

/**
 * @param {{layers: Object[], parameters: number}} network as /api/recipes/layers has it
 * @returns {HTMLElement}
 */
export function layerTable({ layers, parameters }) {
  const row = (cell, name, kind, shape, total) => element("tr", {}, element(cell, { scope: cell === "th" && "col" }, name),
    element(cell, {}, kind), element(cell, { class: "number size" }, shape), element(cell, { class: "number" }, total));
  return element("table", { class: "figures" },
    element("thead", {}, row("th", "Layer", "Kind", "Output", "Parameters")),
    element("tbody", {}, layers.map((layer) => row("td", layer.name, layer.kind, layer.shape.map(count).join(" × "), layer.parameters ? count(layer.parameters) : ""))),
    element("tfoot", {}, row("td", "Total", "", "", count(parameters))));
}
