/** The chapters: text beside a live figure, and an experiment. */

import { element } from "../element.js";
import { count } from "../format.js";
import { layerTable } from "../layer-table.js";
import { compareNetworks, crossedSeven, dropoutExperiment, fewerImages, shuffleExperiment } from "./experiments.js";
import { activationsView, filterAblation, filterChange, weightImages } from "./network-images.js";
import { trainingCurves } from "./training-curves.js";

/**
 * @param {Object} lesson as /api/lesson has it
 * @param {{signal: AbortSignal}} options
 * @returns {HTMLElement[]}
 */
export function chapters(lesson, { signal }) {
  const [single, deep] = lesson.parts;
  const options = { lesson, signal };
  return [
    chapter(1, "A single layer", [
      p(single.explanation[0]),
      formula("z", sub("d"), " = Σ", sub("i"), " w", sub("d,i"), " x", sub("i"), " + b", sub("d")),
      p("Here d is a digit, i a pixel, and x", sub("i"), " its ink."),
      p(single.explanation[1]),
      formula("p", sub("d"), " = e", sup(["z", sub("d")]), " / Σ", sub("k"), " e", sup(["z", sub("k")])),
      formula("loss = −log p", sub("true digit")),
      p(single.explanation[2], ` The training takes ${count(single.steps)} steps at a learning rate of ${single.learning_rate}.`),
      source("This network is multinomial logistic regression. Cox 1958, The Regression Analysis of Binary Sequences, introduced the case of two classes."),
    ], single.finished && (() => trainingCurves(single, options)), single.finished && {
      heading: "Shuffle the pixels",
      text: "Put the 784 pixels of every image into another order, the same for all images, and train again. You can no longer read the digits. Can the network?",
      view: () => shuffleExperiment("shuffled-softmax", options),
    }),
    chapter(2, "How accurate is it?", [
      p("A network is nearly always better on the images that it was trained on. Two sets are therefore kept apart: the validation set, for choices during development, and the test set, which is never used for choices."),
      p("The test accuracy is an estimate: another 10,000 images would give another value. The 95% interval contains the true accuracies that are compatible with the result. Its width depends on the number of images: four times as many images halve it."),
      formula("width ≈ 4 √(a (1 − a) / n)"),
      p("Here a is the accuracy and n the number of images."),
      source("Wilson 1927, Probable Inference, the Law of Succession, and Statistical Inference."),
    ], null, single.finished && {
      heading: "Use fewer test images",
      text: "Choose the number of test images, and watch the interval.",
      view: () => fewerImages(options),
    }),
    chapter(3, "What the single layer learned", [
      p(single.observation),
      p("The network has no notion of lines or loops. A weight only says how much the ink of one pixel counts for a digit. The weights of pixels that never have ink stay at zero."),
    ], single.finished && (() => weightImages(options)), single.finished && {
      heading: "Cross a seven",
      text: "Few sevens in the training set have a bar. How much does a bar change the prediction of a network that weighs pixels, and of one that responds to small patterns?",
      view: () => crossedSeven(options, deep.finished),
    }),
    chapter(4, "A convolutional network", [
      ...deep.explanation.slice(0, 2).map((text) => p(text)),
      element("dl", { class: "terms" },
        term("Convolution", "One small kernel moves over the whole image. Its weights are the same everywhere, so the network recognizes a stroke in any place."),
        term("Pooling", "Keeps the maximum of every 2 × 2 block. The exact place of a stroke matters less after each pooling layer."),
        term("Fully connected", "Each unit is a weighted sum of all values of the previous layer, like the outputs of the single layer."),
        term("Dropout", "Each training step omits a random half of the units. A prediction uses all of them.")),
      source("LeCun, Bottou, Bengio, Haffner 1998, Gradient-Based Learning Applied to Document Recognition; Srivastava et al. 2014, Dropout."),
    ], () => scroll("The layers of the network", layerTable(deep.network)), single.finished && {
      heading: "Shuffle the pixels again",
      text: "The order of the pixels did not matter to the single layer. Train a small convolutional network for a short time, on original and on shuffled images.",
      view: () => shuffleExperiment("shuffled-cnn", options),
    }),
    chapter(5, "Training the convolutional network", [
      p(deep.explanation[2] ?? ""),
      p(`Each of the ${count(deep.steps)} steps uses a batch of ${deep.batch_size} images. The training curve is noisy because each point measures one batch. The validation curve has few points, each measured on the whole validation set.`),
      source("Kingma and Ba 2015, Adam: A Method for Stochastic Optimization."),
    ], deep.finished && (() => trainingCurves(deep, options)), single.finished && {
      heading: "Remove dropout",
      text: "Train a fully connected network on only 1,000 images, so that it overfits: once with dropout and once without. Watch the loss on the validation set.",
      view: () => dropoutExperiment(options),
    }),
    chapter(6, "The first-layer filters", [
      p("The convolutional network has 32 filters in its first layer, each with one 5 × 5 kernel. They start as random numbers. The figure shows them before training, after training, and the change between the two, amplified. Blue weights are positive, orange weights are negative."),
      !deep.finished && p("The figure appears here once the network is trained."),
    ], deep.finished && (() => filterChange(deep, options)), deep.finished && {
      heading: "Ablate filters",
      text: "Click filters to ablate them: their feature maps become zero everywhere. How many filters can the network lose?",
      view: () => filterAblation(options),
    }),
    chapter(7, "Feature maps", [
      p("Each small picture is one feature map. The more a pixel differs from the background, the stronger the response of the filter. Pooling keeps a quarter of the values."),
      p("The first feature maps still look like the digit. The second ones no longer do: they show where larger patterns are."),
    ], null, deep.finished && {
      heading: "Choose another image",
      text: "Pass any test image through the network.",
      view: () => activationsView(options),
    }),
    chapter(8, "Published results", [p(lesson.about_records), source("The table names the papers.")], () => recordsTable(lesson), deep.finished && {
      heading: "Compare your two networks",
      text: "On which test images is only one of them correct, and could the difference be due to chance?",
      view: () => compareNetworks(options, [single.run, deep.run]),
    }),
  ];
}

const p = (...children) => element("p", {}, children.map((child) => (typeof child === "string" ? withSigns(child) : child)));
/** @returns {string} with the signs × and − between and before numbers, as on the other pages */
const withSigns = (text) => text.replace(/(\d) x (?=\d)/g, "$1 × ").replace(/(^|[\s(])-(?=\d|log)/g, "$1−");
const sub = (...children) => element("sub", {}, children);
const sup = (...children) => element("sup", {}, children);
const formula = (...parts) => element("p", { class: "formula" }, parts);
const source = (text) => element("p", { class: "muted small" }, "Source: ", text);
const term = (name, definition) => [element("dt", {}, name), element("dd", {}, definition)];

/**
 * @param {number} number
 * @param {string} heading
 * @param {HTMLElement[]} text
 * @param {?function(): HTMLElement} figure
 * @param {?{heading: string, text: string, view: function(): HTMLElement}} experiment null while its network is not trained
 * @returns {HTMLElement}
 */
function chapter(number, heading, text, figure, experiment) {
  const id = `chapter-${number}`;
  return element("section", { class: "card chapter", "aria-labelledby": id },
    element("h2", { id }, element("span", { class: "step", "aria-hidden": "true" }, number), heading),
    element("div", { class: figure ? "parts" : "parts alone" }, element("div", { class: "text stack" }, text), figure && element("div", { class: "live" }, figure())),
    experiment ? element("section", { class: "try stack", "aria-labelledby": `${id}-try` },
      element("h3", { id: `${id}-try` }, element("span", { class: "chip" }, "Try"), " ", experiment.heading), p(experiment.text), experiment.view())
      : element("p", { class: "muted small" }, "The experiment appears here once your network is trained."));
}

function recordsTable({ records: [head, ...rows] }) {
  const kind = (i) => (i === 1 ? "number" : null); // the test error
  return scroll("Published results on MNIST", element("table", { class: "figures" },
    element("thead", {}, element("tr", {}, head.map((name, i) => element("th", { scope: "col", class: kind(i) }, name)))),
    element("tbody", {}, rows.map((row) => element("tr", {}, row.map((cell, i) => element("td", { class: kind(i) }, cell)))))));
}

const scroll = (label, table) => element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, table);
