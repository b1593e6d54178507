/** Attribution: the pixels that matter for a prediction, and the contributions of each pixel in a single layer. */

import { latestOnly } from "../coalesce.js";
import { bytes, floats } from "../decode.js";
import { element, fill } from "../element.js";
import { confidenceInWords, decimal, decimalsOf, withArticle } from "../format.js";
import { heatmap, largestMagnitude } from "../heatmap.js";
import { post } from "../request.js";

const SIDE = 28;
const PLACES = [["at the top left", "at the top", "at the top right"], ["on the left", "in the middle", "on the right"],
  ["at the bottom left", "at the bottom", "at the bottom right"]];
const MIN_INK = 64; // of 255; fainter pixels do not count for the place of the ink
const NEGLIGIBLE = 0.005; // a loss of probability

/**
 * @param {{signal: AbortSignal}} options
 * @returns {{root: HTMLElement, update: function(Object, string, boolean): void}} `update` takes the response of
 *   /api/explain/predict, the name of the model, and whether the stroke has ended
 */
export function attributionView({ signal }) {
  const contributions = element("div", { class: "contributions", hidden: true });
  const maps = element("div", { class: "attribution", "aria-live": "polite" });
  const button = element("button", { class: "button", type: "button", "aria-pressed": "false", onclick: toggle },
    "Which pixels matter?");
  let current = null; // [response, model]

  const load = latestOnly(async ({ prediction, image }, model) => {
    const digit = prediction.digit ?? prediction.probabilities.indexOf(Math.max(...prediction.probabilities));
    const attribution = await post("/api/explain/attribution", { model, image, digit }, { signal });
    fill(maps, ...attributionMaps(attribution, digit, image));
  });

  function toggle() {
    const isOn = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(isOn));
    if (isOn && current) load(...current);
    else fill(maps);
  }

  return {
    root: element("div", { class: "stack" }, contributions, element("div", { class: "row" }, button,
      element("span", { class: "muted small" }, "Runs the network about 2,000 times, each time with a few pixels changed.")), maps),
    update(response, model, hasEnded) {
      current = response.image ? [response, model] : null;
      contributions.hidden = !response.contributions;
      if (response.contributions) fill(contributions, ...contributionMaps(response));
      if (!current) fill(maps);
      else if (hasEnded && button.getAttribute("aria-pressed") === "true") load(...current);
    },
  };
}

/** @returns {HTMLElement[]} a sentence, and the two maps over the image */
function attributionMaps({ saliency, occlusion, probability }, digit, image) {
  const loss = occlusion.map((remaining) => probability - remaining);
  const at = loss.indexOf(Math.max(...loss));
  const subject = `the probability of ${withArticle(digit)}`;
  const remaining = confidenceInWords(occlusion[at]);
  const sentence = loss[at] < NEGLIGIBLE
    ? `No single patch decides: with any 5 × 5 patch erased, ${subject} is ${remaining.startsWith("more") ? "" : "at least "}${remaining}.`
    : `The ink ${placeOf(at, bytes(image))} matters most: without it, ${subject} falls from ${confidenceInWords(probability)} to ${remaining}.`;
  return [
    element("p", { class: "finding" }, sentence),
    overlay(image, loss, { maximum: Math.max(largestMagnitude(loss), 0.01), label: `Occlusion map for ${digit}` }, "Occlusion",
      "Blue: erasing the 5 × 5 pixels around this point lowers the probability. Orange: erasing them raises it."),
    overlay(image, saliency, { label: `Saliency map for ${digit}` }, "Saliency",
      "Blue: more ink here raises the probability. Orange: more ink here lowers it."),
  ];
}

/** @returns {string} the place of a pixel in thirds of the bounding box of the ink: "at the top left" */
function placeOf(pixel, image) {
  const inked = [...image.keys()].filter((i) => image[i] >= MIN_INK);
  const third = (coordinateOf) => {
    const coordinates = inked.map(coordinateOf);
    const [low, high] = [Math.min(...coordinates), Math.max(...coordinates)];
    return Math.max(0, Math.min(2, Math.floor((3 * (coordinateOf(pixel) - low)) / (high - low + 1))));
  };
  return inked.length ? PLACES[third((i) => Math.floor(i / SIDE))][third((i) => i % SIDE)] : PLACES[1][1];
}

/** @returns {HTMLElement} a heatmap over the image that it explains */
function overlay(image, values, options, title, caption) {
  return element("figure", {},
    element("div", { class: "overlay" },
      heatmap(bytes(image), { rows: SIDE, columns: SIDE, maximum: 255, label: "Input image" }),
      heatmap(values, { rows: SIDE, columns: SIDE, scale: "diverging", transparent: true, ...options })),
    element("figcaption", {}, element("strong", {}, title), " ", element("span", { class: "muted" }, caption)));
}

/** @returns {HTMLElement[]} the contributions of the pixels to each logit of a single layer */
function contributionMaps({ contributions, biases, prediction }) {
  const values = floats(contributions);
  const maximum = largestMagnitude(values);
  const pixelsOf = (digit) => values.subarray(digit * SIDE * SIDE, (digit + 1) * SIDE * SIDE);
  const logits = [...Array(10).keys()].map((digit) => pixelsOf(digit).reduce((sum, value) => sum + value, biases[digit]));
  const figures = logits.map((value, digit) => {
    const pixels = pixelsOf(digit);
    const logit = decimal(value, decimalsOf(logits));
    return element("figure", { class: prediction.digit === digit ? "contribution first" : "contribution" },
      heatmap(pixels, { rows: SIDE, columns: SIDE, maximum, scale: "diverging", label: `Contributions to ${digit}, logit ${logit}` }),
      element("figcaption", { class: "number" }, `${digit}: ${logit}`));
  });
  return [
    element("p", {}, "This network is a single layer: the logit of a digit is a bias plus the sum of pixel × weight. "
      + "The maps show the contribution of each pixel: blue raises the logit, orange lowers it. The largest logit wins."),
    element("div", { class: "contribution-grid" }, figures),
  ];
}
