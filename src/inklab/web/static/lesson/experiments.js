/** The experiments of the chapters; the service runs them, and the page shows their results. */

import { latestOnly } from "../coalesce.js";
import { bytes } from "../decode.js";
import { element, fill } from "../element.js";
import { probability } from "../errors/comparison.js";
import { confidenceInWords, count, counted, interval, percent } from "../format.js";
import { heatmap } from "../heatmap.js";
import { get, ignoreApiError, pause, post } from "../request.js";
import { comparedCurves } from "./training-curves.js";

const POLL_MS = 500;
const SAMPLE_SIZES = [50, 100, 200, 500, 1000, 2000, 5000, 10000];
const NETWORKS = { softmax: "the single layer", cnn: "the convolutional network" };
/** What the result of each experiment means. */
const CONCLUSIONS = {
  "shuffled-softmax": ([original, shuffled]) => `Validation accuracy: ${percent(original.valid_accuracy, 1)} with the original images, ${percent(shuffled.valid_accuracy, 1)} with shuffled pixels. `
    + "To a single layer, the pixels are a list of numbers; it does not know which pixels are neighbors. A sum does not depend on the order of its terms.",
  "shuffled-cnn": ([original, shuffled]) => `Validation accuracy: ${percent(original.valid_accuracy, 1)} with the original images, ${percent(shuffled.valid_accuracy, 1)} with shuffled pixels. `
    + (original.valid_accuracy > shuffled.valid_accuracy ? "A convolution combines neighboring pixels. In a shuffled image, neighbors are unrelated, so the convolution has no advantage."
      : "The order made no difference this time. In so short a training, this can be chance."),
  dropout: ([withDropout, without]) => {
    const [last, lastWithout] = [withDropout, without].map(({ points }) => points.at(-1));
    return `Loss at the end: with dropout ${last.loss.toFixed(3)} on the training batch and ${last.valid_loss.toFixed(3)} on the validation set; without dropout ${lastWithout.loss.toFixed(3)} and ${lastWithout.valid_loss.toFixed(3)}. `
      + (lastWithout.valid_loss > last.valid_loss ? "Without dropout, the network fits the training images better and new images worse: it overfits more." : "This time dropout did not help. The effect is small, and this was one short training.");
  },
};

/** @returns {HTMLElement} an image with its original and with shuffled pixels, and a training on both kinds */
export function shuffleExperiment(name, { signal }) {
  const pair = element("div", { class: "row pair" });
  get("/api/lesson/shuffled-pixels?index=1", { signal }).then(({ label, image, shuffled }) => fill(pair,
    [[image, `${label === 8 ? "An" : "A"} ${label}`], [shuffled, "The same pixels, shuffled"]].map(([pixels, caption]) => element("figure", {}, picture(pixels, caption), element("figcaption", { class: "small" }, caption))))).catch(ignoreApiError);
  return element("div", { class: "stack" }, pair, trainingExperiment(name, "Shuffle and train", "valid_accuracy", { signal }));
}

/** @returns {HTMLElement} a training with dropout and one without */
export const dropoutExperiment = ({ signal }) => trainingExperiment("dropout", "Train both", "valid_loss", { signal });

/** A button that starts an experiment; its curves while it runs, and its conclusion at the end. */
function trainingExperiment(name, label, metric, { signal }) {
  const conclusion = element("p", { "aria-live": "polite" });
  const plot = element("div", { class: "plot", hidden: true });
  const bar = element("progress", { hidden: true, "aria-label": "Progress of the experiment" });
  const curves = comparedCurves(plot, metric, { signal, label: `Curves of the experiment “${label}”` });
  const button = element("button", { class: "button primary", type: "button", onclick: () => start().catch(ignoreApiError) }, label);
  const isUnderWay = ({ state }) => ["waiting", "running"].includes(state);

  async function update(status) {
    bar.max = status.curves.reduce((sum, { steps }) => sum + steps, 0) || 1;
    bar.value = status.curves.reduce((sum, { points }) => sum + (points.at(-1)?.step ?? 0), 0);
    bar.hidden = !isUnderWay(status);
    button.disabled = isUnderWay(status);
    button.hidden = status.state === "done";
    plot.hidden = !status.curves.length;
    if (status.curves.length) await curves.update(status.curves);
    const messages = { done: () => CONCLUSIONS[name](status.curves), failed: () => `The experiment failed: ${status.error}`, waiting: () => "Waiting for another experiment to finish …" };
    conclusion.textContent = messages[status.state]?.() ?? "";
  }

  const start = async () => follow(await post(`/api/lesson/experiments/${name}`, undefined, { signal }));

  async function follow(status) {
    await update(status);
    while (isUnderWay(status)) {
      await pause(POLL_MS, signal);
      status = await get(`/api/lesson/experiments/${name}`, { signal });
      await update(status);
    }
  }

  get(`/api/lesson/experiments/${name}`, { signal }).then(follow).catch(ignoreApiError); // it may have run before
  return element("div", { class: "stack experiment" }, element("div", { class: "row" }, button, bar), plot, conclusion);
}

/** @returns {HTMLElement} a slider for the number of test images, and the interval of the accuracy */
export function fewerImages({ signal }) {
  const result = element("p", { "aria-live": "polite" }, " ");
  const reach = element("span", { class: "reach" });
  const mark = element("span", { class: "mark" });
  const band = element("div", { class: "band", "aria-hidden": "true" }, reach, mark);
  const slider = element("input", { type: "range", min: 0, max: SAMPLE_SIZES.length - 1, value: 4, oninput: () => load(SAMPLE_SIZES[slider.value]), "aria-valuetext": "1,000 images" });
  const load = latestOnly(async (size) => {
    slider.setAttribute("aria-valuetext", `${count(size)} images`);
    const { n, errors, accuracy, accuracy_interval: bounds } = await get(`/api/lesson/accuracy?${new URLSearchParams({ count: size })}`, { signal });
    const place = (fraction) => `${Math.max(0, (fraction - 0.7) / 0.3) * 100}%`; // the band goes from 70% to 100%
    reach.style.left = place(bounds[0]);
    reach.style.right = `calc(100% - ${place(bounds[1])})`;
    mark.style.left = place(accuracy);
    fill(result, `${count(n)} images, ${counted(errors, "error")}: `, element("strong", {}, percent(accuracy, 1)), ` accuracy, 95% interval ${interval(bounds)}.`);
  });
  load(SAMPLE_SIZES[4]);
  return element("div", { class: "stack" }, element("label", { class: "field" }, "Number of test images", slider), band,
    element("p", { class: "row ends muted small", "aria-hidden": "true" }, element("span", {}, "70%"), element("span", {}, "100%")), result);
}

/** @returns {HTMLElement} a seven without and with a bar, and the predictions of the networks */
export function crossedSeven({ signal, lesson }, hasDeep) {
  const root = element("div", { class: "stack" });
  const parts = lesson.parts.slice(0, hasDeep ? 2 : 1);
  const load = ({ folder }) => get(`/api/lesson/crossed-seven?${new URLSearchParams({ part: folder })}`, { signal });
  const describe = (probabilities) => {
    const digit = largestAt(probabilities);
    return `${digit}, with ${confidenceInWords(probabilities[digit])} confidence${digit === 7 ? "" : `; 7 has ${confidenceInWords(probabilities[7])}`}`;
  };
  const isChanged = ([without, crossed]) => largestAt(without.probabilities) !== largestAt(crossed.probabilities);
  Promise.all(parts.map(load)).then((predictions) => {
    const variants = ["Without a bar", "With a bar"].map((caption, i) => element("figure", { class: "seven" }, picture(predictions[0][i].image, caption),
      element("figcaption", {}, element("strong", {}, caption), parts.map(({ folder }, j) =>
        element("p", { class: "small" }, `Prediction of ${NETWORKS[folder]}: ${describe(predictions[j][i].probabilities)}.`)))));
    const changed = parts.filter((_, i) => isChanged(predictions[i])).map(({ folder }) => NETWORKS[folder]);
    const unchanged = parts.length > 1 ? "does not change either prediction" : "does not change the prediction";
    fill(root, element("div", { class: "grid" }, variants),
      element("p", {}, `Here the bar ${changed.length ? `changes the prediction of ${changed.join(" and of ")}` : unchanged}.`),
      element("p", {}, "Draw your own seven for ", parts.map(({ folder, run }, i) => [i ? " or " : "",
        element("a", { href: `#/draw?${new URLSearchParams({ model: run })}` }, NETWORKS[folder])]), "."));
  }).catch(ignoreApiError);
  return root;
}

/** @returns {HTMLElement} a button that compares the two networks on all test images */
export function compareNetworks({ signal }, [first, second]) {
  const result = element("p", { "aria-live": "polite" });
  const button = element("button", { class: "button primary", type: "button", onclick: () => compare().catch(ignoreApiError) }, "Compare");
  async function compare() {
    button.disabled = true;
    result.textContent = "Evaluating both networks on every test image …";
    const comparison = await get(`/api/comparison?${new URLSearchParams({ first, second })}`, { signal })
      .finally(() => { button.disabled = false; result.textContent = ""; });
    fill(result, `Only the single layer is correct on ${counted(comparison.only_first, "image")}, only the convolutional network on ${count(comparison.only_second)}. `
      + `If both were equally accurate, a split at least this uneven would occur with probability ${probability(comparison.p_value)}. Both are wrong on ${counted(comparison.both_wrong, "image")}. `,
    element("a", { href: `#/errors?${new URLSearchParams({ model: second, with: first })}` }, "Show the images on which they disagree"), ".");
  }
  return element("div", { class: "stack" }, element("div", { class: "row" }, button), result);
}

const largestAt = (values) => values.indexOf(Math.max(...values));
const picture = (pixels, label) => heatmap(bytes(pixels), { rows: 28, columns: 28, maximum: 255, label });
