/** Pictures of the reader's own networks: weights, filters that can be silenced, the maps of a digit. */

import { get, post, Trouble } from "../api.js";
import { bytes, floats, percent } from "../draw/numbers.js";
import { element, fill } from "../element.js";
import { latest } from "../latest.js";
import { largest, map } from "../map.js";
import { between, exact } from "../mistakes/figures.js";

/** @returns {HTMLElement} the single layer's weights, an image a digit */
export function weightsShown({ signal }) {
  const root = element("div", { class: "weights" });
  get("/api/lesson/weights", { signal }).then((pictures) => {
    fill(root, each(pictures, "diverging", (digit) => `Weights of ${digit}`).map((canvas, digit) => element("figure", {}, canvas, element("figcaption", { class: "number" }, digit))));
  }).catch(silent);
  return root;
}

/** @returns {HTMLElement} the first filters as switches, and what the network can do without those that are off */
export function filtersShown({ signal }) {
  const grid = element("div", { class: "filters", role: "group", "aria-label": "Filters of the first layer" });
  const said = element("p", { "aria-live": "polite" }, " ");
  const silenced = new Set();
  let whole = null;
  let buttons = [];

  const measure = latest(async () => {
    const found = await post("/api/lesson/silence", { filters: [...silenced] }, { signal });
    whole ??= found;
    const lost = found.errors - whole.errors;
    fill(said, element("strong", {}, exact(found.accuracy, 1)), ` of the first ${found.n.toLocaleString("en")} test digits are read rightly (95 % interval ${between(found.accuracy_interval)})`,
      silenced.size ? `, with ${silenced.size} of ${buttons.length} filters silenced: ${lost === 0 ? "as many as" : `${Math.abs(lost)} ${lost > 0 ? "fewer" : "more"} than`} with all of them.` : " with all filters.");
  });
  const turn = (...filters) => {
    for (const one of filters) {
      if (!silenced.delete(one)) silenced.add(one);
      buttons[one].setAttribute("aria-pressed", String(silenced.has(one)));
    }
    measure();
  };
  const every = () => buttons.map((_, i) => i);
  const button = (name, chosen) => element("button", { class: "button", type: "button", onclick: () => turn(...chosen()) }, name);

  get("/api/lesson/filters", { signal }).then((pictures) => {
    buttons = each(pictures, "diverging", (i) => `Filter ${i}`).map((canvas, i) => element("button", {
      type: "button", "aria-pressed": "false", "aria-label": `Silence filter ${i}`, onclick: () => turn(i),
    }, canvas));
    fill(grid, buttons);
    measure();
  }).catch(silent);
  return element("div", { class: "stack" }, grid,
    element("div", { class: "row" },
      button("Silence every other", () => every().filter((i) => i % 2 && !silenced.has(i))),
      button("Silence all", () => every().filter((i) => !silenced.has(i))),
      button("Let all speak", () => [...silenced])), said);
}

/** @returns {HTMLElement} a test digit, what every layer makes of it, and the answer */
export function digitThrough({ signal }) {
  const maps = element("div", { class: "through stack", "aria-live": "off" });
  const number = element("input", { type: "number", min: 0, value: 1, inputmode: "numeric", onchange: () => follow(Math.max(0, Math.floor(number.valueAsNumber || 0))) });
  const NAMES = { relu1: "32 maps of strokes, 28 × 28", pool1: "pooled, 14 × 14", relu2: "64 maps of parts, 14 × 14", pool2: "pooled, 7 × 7" };

  const follow = latest(async (index) => {
    const found = await get(`/api/lesson/through?${new URLSearchParams({ index })}`, { signal });
    const digit = found.probabilities.indexOf(Math.max(...found.probabilities));
    fill(maps,
      element("div", { class: "row" }, sized(map(bytes(found.image), { rows: 28, columns: 28, most: 255, label: `Test digit ${index}` }), 5),
        element("p", { "aria-live": "polite" }, `Test digit ${index} is a ${found.label}; the network says `, element("strong", {}, digit), `, ${percent(found.probabilities[digit])} sure.`)),
      found.layers.map(({ name, pictures }) => element("figure", {}, element("figcaption", { class: "soft small" }, NAMES[name]),
        element("div", { class: `maps ${name}` }, each(pictures, "ink", (i) => `Map ${i}`)))));
  });
  follow(1);
  const another = element("button", { class: "button", type: "button", onclick: () => { number.value = Math.floor(Math.random() * 300); follow(number.valueAsNumber); } }, "Any other");
  return element("div", { class: "stack" },
    element("div", { class: "row" }, element("label", { class: "field inline" }, "Test digit", number), another), maps);
}

/** @returns {HTMLCanvasElement[]} one canvas a picture, all in one measure */
function each({ count, rows, columns, values }, palette, name) {
  const all = floats(values);
  const most = largest(all);
  return [...Array(count).keys()].map((i) => map(all.subarray(i * rows * columns, (i + 1) * rows * columns), { rows, columns, palette, most, label: name(i) }));
}

function sized(canvas, rem) {
  canvas.style.width = `${rem}rem`;
  return canvas;
}

function silent(error) {
  if (!(error instanceof Trouble) && error.name !== "AbortError") throw error;
}
