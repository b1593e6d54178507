/** The form for a new run: its recipe, its settings, and its training data. */

import { latestOnly } from "../coalesce.js";
import { element, fill } from "../element.js";
import { count, counted, duration, percent } from "../format.js";
import { layerTable } from "../layer-table.js";
import { ApiError, get, ignoreApiError, post } from "../request.js";

/** The labels of settings whose name is not a good label. */
const LABELS = { hidden: "Hidden layers", elastic_alpha: "Elastic: alpha", elastic_sigma: "Elastic: sigma" };
const VALIDATIONS = {
  name: "validations", value: "", minimum: 1, maximum: 1000, integer: true,
  description: "number of evaluations on the validation set",
};

/** @returns {string} "Batch size" for batch_size */
const labelOf = (name) => LABELS[name] ?? (name[0].toUpperCase() + name.slice(1)).replaceAll("_", " ");

/**
 * @param {{signal: AbortSignal, onstart: function(Object): void}} options the listener gets a started run
 * @returns {{root: HTMLElement, load: function(): Promise<void>}}
 */
export function recipeForm({ signal, onstart }) {
  let recipes = [];
  let hasLayerError = false; // whether the shown error is about the options of the network
  const recipeSelect = element("select", { name: "recipe", onchange: () => select() });
  const facts = element("p", { class: "small muted" });
  const layers = element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Layers of the network" });
  const settings = element("div", { class: "settings" });
  const augmentation = element("div", { class: "settings" });
  const augmentationDetails = element("details", {}, element("summary", {}, "Augmentation"),
    element("p", { class: "small muted" }, "Every training image gets a new random deformation each time. 0 turns a deformation off."), augmentation);
  const data = element("select", { name: "data", onchange: () => { folder.hidden = data.value !== "folder"; } });
  const path = element("input", { type: "text", name: "folder", placeholder: "/home/me/digits", spellcheck: "false", autocomplete: "off" });
  const folder = element("label", { class: "field", hidden: true }, "A folder with subfolders 0 to 9 of pictures, or with IDX files", path);
  const name = element("input", { type: "text", name: "name", maxlength: 100, autocomplete: "off", spellcheck: "false" });
  const start = element("button", { class: "button primary", disabled: true }, "Start training");
  const errorLine = element("p", { class: "form-error", role: "alert", hidden: true });

  const showLayers = latestOnly(async () => {
    try {
      const network = await post("/api/recipes/layers", { recipe: recipeSelect.value, options: changedValues(settings, "options") }, { signal, quiet: true });
      if (hasLayerError) showFormError(); // another error stays
      hasLayerError = false;
      fill(layers, layerTable(network));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      hasLayerError = true;
      showFormError(error.message);
    }
  });

  function select() {
    const recipe = recipes.find((candidate) => candidate.name === recipeSelect.value);
    const networks = recipe.members ? `An ensemble of ${recipe.members} networks` : "One network";
    const error = recipe.error === null ? "" : ` Test error: ${percent(recipe.error)}.`;
    const time = recipe.training_s ? ` Training time: about ${duration(recipe.training_s)} on our two-core test machine.` : "";
    fill(facts, `${networks} with ${count(recipe.parameters)} parameters.${error}${time}`);
    const fieldOf = (kind) => (setting) => field(setting, kind, kind === "options" ? showLayers : undefined);
    fill(settings, recipe.settings.map(fieldOf("settings")), recipe.options.map(fieldOf("options")), field(VALIDATIONS, "settings"));
    fill(augmentation, recipe.augmentation.map(fieldOf("augmentation")));
    augmentationDetails.open = recipe.is_augmented;
    name.placeholder = recipe.name;
    showLayers();
  }

  /** Show an error below the form and mark the field that its message names. */
  function showFormError(message = "") {
    errorLine.textContent = message;
    errorLine.hidden = !message;
    const fieldName = message.match(/^(?:body\.)?(?:augmentation )?(\w+)/)?.[1];
    for (const input of form.querySelectorAll("input")) {
      if (input.name === fieldName) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
    form.querySelector("[aria-invalid]")?.focus();
  }

  async function submit(event) {
    event.preventDefault();
    showFormError();
    start.disabled = true;
    start.textContent = "Starting …";
    const request = {
      recipe: recipeSelect.value, name: name.value.trim(), data: data.value, folder: path.value.trim(),
      ...changedValues(settings, "settings"), options: changedValues(settings, "options"), augmentation: changedValues(augmentation, "augmentation"),
    };
    try {
      const run = await post("/api/runs", request, { signal, quiet: true });
      name.value = "";
      onstart(run);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      showFormError(error.message);
    } finally {
      start.disabled = false;
      start.textContent = "Start training";
    }
  }

  const form = element("form", { class: "card stack recipe", "aria-labelledby": "new-run", onsubmit: (event) => submit(event).catch(ignoreApiError) },
    element("h2", { id: "new-run" }, "New run"),
    element("label", { class: "field" }, "Recipe", recipeSelect), facts, layers, settings, augmentationDetails,
    element("label", { class: "field" }, "Training data", data), folder,
    element("label", { class: "field" }, "Name", name),
    element("div", { class: "row" }, start), errorLine);

  return {
    root: form,
    async load() {
      const [list, { counts }] = await Promise.all([get("/api/recipes", { signal }), get("/api/drawings", { signal })]);
      recipes = list;
      const drawings = counts.reduce((sum, number) => sum + number, 0);
      fill(recipeSelect, recipes.map((recipe) => element("option", { value: recipe.name, selected: recipe.name === "lesson-cnn" }, recipe.name)));
      fill(data, element("option", { value: "mnist" }, "MNIST, 55,000 images"),
        element("option", { value: "mnist+drawings", disabled: !drawings }, drawings
          ? `MNIST and your ${counted(drawings, "drawing")}` : "MNIST and your drawings (none yet)"),
        element("option", { value: "folder" }, "A folder on this computer"));
      select();
      start.disabled = false;
    },
  };
}

/** @returns {HTMLElement} a labeled input for a setting */
function field({ name, value, minimum, maximum, integer, description }, kind, onchange) {
  const id = `${kind}-${name}`;
  return element("div", { class: "field" },
    element("label", { for: id }, labelOf(name)),
    element("input", {
      id, name, type: "number", value, min: minimum, max: maximum, step: integer ? 1 : "any", inputmode: integer ? "numeric" : "decimal",
      placeholder: value === "" ? "as in the recipe" : false, required: value !== "", "aria-describedby": `${id}-description`,
      "data-kind": kind, "data-default": value, onchange,
    }),
    element("span", { id: `${id}-description`, class: "description" }, description));
}

/** @returns {Object<string, number>} the settings of a kind that differ from the recipe */
function changedValues(root, kind) {
  const inputs = [...root.querySelectorAll(`input[data-kind="${kind}"]`)];
  return Object.fromEntries(inputs.filter((input) => input.value !== "" && Number(input.value) !== Number(input.dataset.default || NaN))
    .map((input) => [input.name, Number(input.value)]));
}
