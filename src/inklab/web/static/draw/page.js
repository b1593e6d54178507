/** The Draw page: draw a digit, and see the network's input, its prediction, and how it is computed. */

import { latestOnly } from "../coalesce.js";
import { bytes, floats } from "../decode.js";
import { element, fill } from "../element.js";
import { confidence, counted, withArticle } from "../format.js";
import { heatmap, updateHeatmap } from "../heatmap.js";
import { modelLabel } from "../models.js";
import { get, ignoreApiError, post, remove, showError } from "../request.js";
import { attributionView } from "./attribution.js";
import { drawingPad } from "./drawing-pad.js";
import { layersView } from "./layers.js";
import { ERROR_RATES, predictionView } from "./prediction.js";

export const title = "Draw";

const SIDE = 28;
const MAX_BYTES = 15 * 2 ** 20;
const BLANK = {
  prediction: { digit: null, confidence: 0, probabilities: null, prediction_set: [], reason: "blank" }, image: null, activations: [],
};

/**
 * @param {HTMLElement} root
 * @param {{params: URLSearchParams, signal: AbortSignal}} options `?model=NAME` selects a model
 */
export async function show(root, { params, signal }) {
  let model = params.get("model") ?? "inklab";
  let layers = null;
  let response = BLANK;

  const pad = drawingPad({ signal, onchange: (hasEnded) => predict(hasEnded) });
  const prediction = predictionView();
  const attribution = attributionView({ signal });
  const input = heatmap([], { rows: SIDE, columns: SIDE, label: "" });
  const rate = element("select", { onchange: () => predict(true) },
    ERROR_RATES.map(([value, label]) => element("option", { value }, label)));
  const modelSelect = element("select", { onchange: () => select(modelSelect.value) });
  const inside = element("div", { "aria-live": "off" });
  const brief = element("span", { class: "brief", "aria-hidden": "true" });
  const saved = element("p", { "aria-live": "polite", class: "small" });

  const predict = latestOnly(async (hasEnded) => {
    const requested = model;
    let answered = BLANK;
    if (!pad.isBlank()) {
      const form = new FormData();
      form.append("picture", await pad.picture(), "drawing.png");
      const query = new URLSearchParams({ model: requested, error_rate: rate.value });
      answered = await post(`/api/explain/predict?${query}`, form, { signal });
    }
    if (requested !== model) return; // another model was selected meanwhile
    response = { ...answered, model: requested };
    update(hasEnded);
  });

  function update(hasEnded) {
    const { digit, confidence: probability } = response.prediction;
    prediction.update(response.prediction, rate.selectedOptions[0].textContent);
    if (hasEnded) prediction.announce();
    brief.textContent = digit === null ? "" : `${digit} · ${confidence(probability)}`;
    updateHeatmap(input, response.image ? bytes(response.image) : new Uint8Array(SIDE * SIDE), {
      rows: SIDE, columns: SIDE, maximum: 255, label: `Network input${response.image ? "" : ", blank"}`,
    });
    attribution.update(response, model, hasEnded);
    layers?.update(response.image, response.activations.map(floats));
    for (const button of saveButtons) button.disabled = response.image === null;
    if (!hasEnded) fill(saved);
  }

  async function loadLayers() {
    fill(inside, element("p", { class: "muted" }, "Loading the network. A network that you trained takes a few seconds the first time."));
    const network = await get(`/api/explain/layers?${new URLSearchParams({ model })}`, { signal });
    if (network.name !== model) return; // another model was selected meanwhile
    layers = layersView({ network, signal });
    fill(inside, layers.root);
    if (response.model === model) update(true);
    else await predict(true);
  }

  function select(name) {
    model = name;
    layers = null;
    response = BLANK;
    history.replaceState(null, "", `#/draw?${new URLSearchParams({ model })}`);
    loadLayers().catch(ignoreApiError);
  }

  async function save(label) {
    const form = new FormData();
    form.append("picture", await pad.picture(true), "drawing.png");
    const { name, counts } = await post(`/api/drawings/${label}`, form, { signal });
    const total = counts.reduce((sum, number) => sum + number, 0);
    fill(saved, `Saved as ${withArticle(label)}. You have ${counted(total, "drawing")}. `,
      button("Delete it", () => deleteDrawing(label, name).catch(ignoreApiError)));
  }

  async function deleteDrawing(label, name) {
    await remove(`/api/drawings/${label}/${name}`, { signal });
    fill(saved, "Deleted.");
  }

  async function place(file) {
    if (!file) return;
    const name = file.name || "The pasted file";
    if (file.size > MAX_BYTES) {
      showError(`${name} has ${Math.round(file.size / 2 ** 20)} MiB; expected at most ${MAX_BYTES / 2 ** 20}.`);
      return;
    }
    await pad.place(file).catch(() => showError(`${name} is not a picture that this browser can show.`));
  }

  const saveButtons = [...Array(10).keys()].map((label) => element("button", {
    class: "button", type: "button", disabled: true, "aria-label": `Save as ${label}`, onclick: () => save(label).catch(ignoreApiError),
  }, label));
  const button = (name, onclick) => element("button", { class: "button", type: "button", onclick }, name);

  fill(root,
    element("div", { class: "head" },
      element("div", { class: "stack" }, element("h1", {}, title),
        element("p", { class: "muted" }, "Draw a digit. The network reads it while you draw, reports its confidence, and "
          + "shows every step of the computation.")),
      element("label", { class: "field" }, "Network", modelSelect)),
    element("div", { class: "steps" },
      element("section", { class: "card stack", "aria-labelledby": "step-1" },
        element("h2", { id: "step-1" }, step(1), "Your drawing", brief),
        pad.root,
        element("div", { class: "row tools" },
          button("Undo", pad.undo), button("Clear", pad.clear), button("Try a 7", pad.example),
          element("label", { class: "button file" }, "Open picture …",
            element("input", { type: "file", accept: "image/*", class: "sr", onchange: (event) => place(event.target.files[0]) }))),
        element("p", { class: "muted small" }, "Use a mouse, finger, or pen; or paste or drop a picture. Keyboard: the arrow keys "
          + "move the pen, Space lowers or lifts it.")),
      element("section", { class: "card stack input", "aria-labelledby": "step-2" },
        element("h2", { id: "step-2" }, step(2), "Network input"),
        input,
        element("p", { class: "muted small" }, "28 × 28 pixels: the drawing, cropped, scaled, and centered on its center of mass, "
          + "as in MNIST. All values below are computed from these 784 pixels.")),
      element("section", { class: "card stack", "aria-labelledby": "step-3" },
        element("h2", { id: "step-3" }, step(3), "Prediction"),
        prediction.root,
        element("label", { class: "field inline" }, "Allowed error rate", rate),
        element("div", { class: "stack save" }, element("p", { id: "save" }, "Wrong or uncertain? Save it with the right label to train on it later:"),
          element("div", { class: "row labels", role: "group", "aria-labelledby": "save" }, saveButtons), saved))),
    element("section", { class: "card stack", "aria-labelledby": "step-4" },
      element("h2", { id: "step-4" }, step(4), "Explanation"),
      attribution.root),
    element("section", { class: "card stack", "aria-labelledby": "step-5" },
      element("h2", { id: "step-5" }, step(5), "Inside the network"),
      element("p", { class: "muted" }, "From the input at the top to the output at the bottom. Click a map to see how its values are computed."),
      inside));

  document.addEventListener("paste", (event) => place(event.clipboardData.files[0]), { signal });
  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    place(event.dataTransfer.files[0]);
  });

  update(false);
  const models = await get("/api/models", { signal });
  fill(modelSelect, models.map((candidate) => element("option", { value: candidate.name, selected: candidate.name === model }, modelLabel(candidate))));
  await loadLayers();
}

const step = (number) => element("span", { class: "step", "aria-hidden": "true" }, number);
