/** A new run: its recipe, what is to differ, and what it learns from. */

import { get, post, Trouble } from "../api.js";
import { element, fill } from "../element.js";
import { latest } from "../latest.js";
import { count, duration, silent } from "./figures.js";

/** What the settings are called; the others by their name. */
const CALLED = {
  batch_size: "Batch size", learning_rate: "Learning rate", steps: "Steps", seed: "Seed", dropout: "Dropout",
  input_dropout: "Input dropout", units: "Units", hidden: "Hidden layers", width: "Width", digit_width: "Digit width", samples: "Samples",
};
const called = (name) => CALLED[name] ?? name[0].toUpperCase() + name.slice(1);

/**
 * @param {{signal: AbortSignal, onstart: function(Object): void}} options who is told of a run that was started
 * @returns {{root: HTMLElement, load: function(): Promise<void>}}
 */
export function recipeForm({ signal, onstart }) {
  let recipes = [];
  let drawings = 0;
  const choice = element("select", { name: "recipe", onchange: () => choose() });
  const facts = element("p", { class: "small soft" });
  const layers = element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Layers of the network" });
  const settings = element("div", { class: "settings" });
  const strengths = element("div", { class: "settings" });
  const deform = element("details", {}, element("summary", {}, "Deform the digits while it learns"),
    element("p", { class: "small soft" }, "Each digit is seen anew every time, as another hand might have written it. 0 is not at all."), strengths);
  const data = element("select", { name: "data", onchange: () => { folder.hidden = data.value !== "folder"; } });
  const path = element("input", { type: "text", name: "folder", placeholder: "/home/me/digits", spellcheck: "false", autocomplete: "off" });
  const folder = element("label", { class: "field", hidden: true }, "Folder with folders 0 to 9 of pictures, or with IDX files", path);
  const name = element("input", { type: "text", name: "name", maxlength: 100, autocomplete: "off", spellcheck: "false" });
  const start = element("button", { class: "button primary", disabled: true }, "Start training");
  const trouble = element("p", { class: "mistake", role: "alert", hidden: true });

  const recipe = () => recipes.find((one) => one.name === choice.value);

  const showLayers = latest(async () => {
    try {
      const found = await post("/api/recipes/layers", { recipe: choice.value, options: changed(settings, "options") }, { signal, quiet: true });
      tell();
      fill(layers, table(found));
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      tell(error.message);
    }
  });

  function choose() {
    const one = recipe();
    const seconds = one.seconds ? `; trains in about ${duration(one.seconds)} on the two cores of the project’s figures` : "";
    const error = one.error === null ? "" : `, which errs on ${(100 * one.error).toFixed(2)} % of the test digits`;
    fill(facts, one.columns ? `A committee of ${one.columns} networks ` : "One network ",
      `with ${count(one.parameters)} numbers to learn${error}${seconds}.`);
    const ask = (kind) => (setting) => field(setting, kind, kind === "options" ? showLayers : undefined);
    const looks = { name: "looks", value: "", least: 1, most: 1000, whole: true, about: "how often the 5,000 valid digits are looked at" };
    fill(settings, one.settings.map(ask("settings")), one.options.map(ask("options")), field({ ...looks, title: "Looks at valid" }, "settings"));
    fill(strengths, one.strengths.map(ask("augmentation")));
    deform.open = one.strengths_seen;
    name.placeholder = one.name;
    showLayers();
  }

  function tell(message = "") {
    trouble.textContent = message;
    trouble.hidden = !message;
    for (const input of form.querySelectorAll("input")) {
      const isMeant = message.match(/^(?:body\.)?(?:augmentation )?(\w+)/)?.[1] === input.name;
      input.toggleAttribute("aria-invalid", false);
      if (message && isMeant) input.setAttribute("aria-invalid", "true");
    }
    form.querySelector("[aria-invalid]")?.focus();
  }

  async function begin(event) {
    event.preventDefault();
    start.disabled = true;
    start.textContent = "Starting …";
    const asked = {
      recipe: choice.value, name: name.value.trim(), data: data.value, folder: path.value.trim(),
      ...changed(settings, "settings"), options: changed(settings, "options"), augmentation: changed(strengths, "augmentation"),
    };
    try {
      const run = await post("/api/training/start", asked, { signal, quiet: true });
      tell();
      name.value = "";
      onstart(run);
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      tell(error.message);
    } finally {
      start.disabled = false;
      start.textContent = "Start training";
    }
  }

  const form = element("form", { class: "card stack recipe", "aria-labelledby": "new-run", onsubmit: (event) => begin(event).catch(silent) },
    element("h2", { id: "new-run" }, "A new run"),
    element("label", { class: "field" }, "Recipe", choice), facts, layers, settings, deform,
    element("label", { class: "field" }, "Learns from", data), folder,
    element("label", { class: "field" }, "Name", name),
    element("div", { class: "row" }, start), trouble);

  return {
    root: form,
    async load() {
      const [found, { counts }] = await Promise.all([get("/api/recipes", { signal }), get("/api/drawings", { signal })]);
      recipes = found;
      drawings = counts.reduce((sum, one) => sum + one, 0);
      fill(choice, recipes.map((one) => element("option", { value: one.name, selected: one.name === "lesson-cnn" }, one.name)));
      fill(data, element("option", { value: "mnist" }, "MNIST, 55,000 digits"),
        element("option", { value: "mnist+drawings", disabled: !drawings }, drawings
          ? `MNIST and ${drawings} ${drawings === 1 ? "drawing" : "drawings"} of your own` : "MNIST and your own drawings (none yet)"),
        element("option", { value: "folder" }, "A folder on this computer"));
      choose();
      start.disabled = false;
    },
  };
}

/** @returns {HTMLElement} an input for a number that may be changed */
function field({ name, value, least, most, whole, about, title }, kind, onchange) {
  const id = `${kind}-${name}`;
  return element("div", { class: "field" },
    element("label", { for: id }, title ?? called(name)),
    element("input", {
      id, name, type: "number", value, min: least, max: most, step: whole ? 1 : "any", inputmode: whole ? "numeric" : "decimal",
      placeholder: value === "" ? "as the recipe" : false, required: value !== "", "aria-describedby": `${id}-about`,
      "data-kind": kind, "data-plain": value, onchange,
    }),
    element("span", { id: `${id}-about`, class: "about" }, about));
}

/** @returns {Object<string, number>} what differs from the recipe */
function changed(root, kind) {
  const inputs = [...root.querySelectorAll(`input[data-kind="${kind}"]`)];
  return Object.fromEntries(inputs.filter((input) => input.value !== "" && Number(input.value) !== Number(input.dataset.plain || NaN))
    .map((input) => [input.name, Number(input.value)]));
}

function table({ layers, parameters }) {
  const row = (cell, name, kind, shape, numbers) => element("tr", {}, element(cell, { scope: cell === "th" && "col" }, name),
    element(cell, {}, kind), element(cell, { class: "number" }, shape), element(cell, { class: "number" }, numbers));
  return element("table", { class: "figures" },
    element("thead", {}, row("th", "Layer", "Kind", "Puts out", "Numbers")),
    element("tbody", {}, layers.map(({ name, kind, shape, parameters: own }) => row("td", name, kind, shape.join(" × "), own ? count(own) : ""))),
    element("tfoot", {}, row("td", "in all", "", "", count(parameters))));
}
