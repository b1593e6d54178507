/** Test images in two dimensions: a projection of the input of the last layer. */

import { latestOnly } from "../coalesce.js";
import { bytes } from "../decode.js";
import { element, fill } from "../element.js";
import { confidence, count, percent } from "../format.js";
import { get, ignoreApiError, pause, post } from "../request.js";
import { channels, color } from "../theme.js";
import { exampleImage } from "./example-list.js";

const MAX_ERRORS = 200; // as in the service
const MARGIN = 14;
const NARROW = 500;
const MAX_DISTANCE = 18; // pixels from the pointer to the point that it selects
const POLL_MS = 600;
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @param {{model: string, signal: AbortSignal}} options
 * @returns {HTMLElement}
 */
export function projectionView({ model, signal }) {
  const query = new URLSearchParams({ model });
  const canvas = element("canvas", { "aria-hidden": "true" });
  const area = element("div", {
    class: "projection-area", tabindex: 0, role: "application", "aria-label": "Scatter plot of test images. The arrow keys move to the next image in a direction",
    onpointermove: selectByPointer, onpointerdown: selectByPointer, onkeydown: selectByKey, onfocus: selectFirst,
  }, canvas);
  const details = element("div", { class: "selected-example" }, element("p", { class: "muted" }, "Point at a digit, or use the arrow keys."));
  const caption = element("p", { class: "muted small", "aria-live": "polite" }, "Computing PCA …");
  const methods = element("div", { class: "row", role: "group", "aria-label": "Projection method" });
  const images = new Map();
  let projection = null;
  let points = [];
  let positions = []; // of the points, in pixels of the canvas
  let selected = -1;

  const loadImage = latestOnly(async (index) => {
    if (!images.has(index)) {
      const page = await get(`/api/errors/example?${new URLSearchParams({ model, index })}`, { signal });
      images.set(index, bytes(page.images));
    }
    if (projection.examples[selected]?.index === index) showDetails(projection.examples[selected]);
  });

  function showDetails(example) {
    const { index, label, prediction } = example;
    fill(details, exampleImage(example, images.get(index)),
      element("p", { "aria-live": "polite" }, element("strong", {}, label === prediction ? `${label}, read correctly` : `${label} read as ${prediction}`),
        element("br", {}), element("span", { class: "muted small" }, `${confidence(example.confidence)} confidence; test image ${count(index)}`)));
  }

  function select(i) {
    if (i === selected) return;
    selected = i;
    draw();
    loadImage(projection.examples[i].index);
  }

  function selectFirst() {
    if (selected < 0 && positions.length) select(0);
  }

  function selectByPointer(event) {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let [smallest, nearest] = [MAX_DISTANCE ** 2, -1];
    positions.forEach(([px, py], i) => {
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < smallest) [smallest, nearest] = [distance, i];
    });
    if (nearest >= 0) select(nearest);
  }

  function selectByKey(event) {
    const direction = DIRECTIONS[event.key];
    if (!direction || !positions.length) return;
    event.preventDefault();
    const [x, y] = positions[Math.max(selected, 0)];
    let [smallest, nearest] = [Infinity, selected];
    positions.forEach(([px, py], i) => {
      const ahead = (px - x) * direction[0] + (py - y) * direction[1];
      const aside = Math.abs((px - x) * direction[1]) + Math.abs((py - y) * direction[0]);
      if (i !== selected && ahead > 0 && ahead + 2 * aside < smallest) [smallest, nearest] = [ahead + 2 * aside, i];
    });
    if (nearest >= 0) select(nearest);
  }

  function draw() {
    if (!projection) return;
    const width = area.clientWidth;
    const height = Math.round(width * (width < NARROW ? 1.1 : 0.75));
    const density = devicePixelRatio || 1;
    Object.assign(canvas, { width: width * density, height: height * density });
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    positions = scaled(points, width, height);
    const context = canvas.getContext("2d");
    context.scale(density, density);
    context.textAlign = "center";
    context.textBaseline = "middle";
    const colors = digitColors();
    const [bad, text, surface] = ["--bad", "--text", "--surface"].map(color);
    const { examples } = projection;
    const isError = ({ label, prediction }) => label !== prediction;
    const drawPoint = (i, isLarge) => {
      const { label } = examples[i];
      const isWrong = isError(examples[i]);
      context.font = `${isWrong || isLarge ? 700 : 500} ${isLarge ? 20 : 12}px ${getComputedStyle(document.body).fontFamily}`;
      context.fillStyle = isWrong ? bad : colors[label];
      if (isWrong) {
        context.strokeStyle = bad;
        context.beginPath();
        context.arc(...positions[i], isLarge ? 14 : 8, 0, 2 * Math.PI);
        context.stroke();
      }
      context.fillText(label, ...positions[i]);
    };
    examples.forEach((example, i) => { if (!isError(example)) drawPoint(i, false); });
    examples.forEach((example, i) => { if (isError(example)) drawPoint(i, false); }); // above the others
    if (selected < 0) return;
    context.fillStyle = surface;
    context.strokeStyle = text;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(...positions[selected], 16, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
    drawPoint(selected, true);
  }

  function show(method, newPoints, text) {
    points = newPoints;
    caption.textContent = text;
    for (const button of methods.children) button.setAttribute("aria-pressed", String(button.dataset.method === method));
    draw();
  }

  function showPca() {
    const [first, second] = projection.explained_variance_ratio;
    show("pca", projection.points, `PCA of the ${count(projection.dimensions)} inputs of the last layer; two components explain ${percent(first + second, 1)} of the variance. `
      + `${count(projection.examples.length)} of ${count(projection.total)} test images, including up to ${MAX_ERRORS} errors (circled), so errors are overrepresented. `
      + "Each point shows its true digit.");
  }

  async function showTsne() {
    caption.textContent = "Computing t-SNE. This takes a few seconds …";
    let job = await post(`/api/errors/tsne?${query}`, undefined, { signal });
    while (["waiting", "running"].includes(job.state)) {
      await pause(POLL_MS, signal);
      job = await get(`/api/errors/tsne?${query}`, { signal });
    }
    if (job.points) show("tsne", job.points, "t-SNE of the same values. Neighbors have similar values; distances between groups and the sizes of groups mean little.");
    else caption.textContent = `t-SNE failed: ${job.error}.`;
  }

  const methodButton = (method, name, run) => element("button", {
    class: "button", type: "button", "aria-pressed": "false", "data-method": method, disabled: true, onclick: () => Promise.resolve(run()).catch(ignoreApiError),
  }, name);
  fill(methods, methodButton("pca", "PCA", showPca), methodButton("tsne", "t-SNE", showTsne));

  get(`/api/errors/pca?${query}`, { signal }).then((response) => {
    projection = response;
    for (const button of methods.children) button.disabled = false;
    showPca();
    if (document.activeElement === area) selectFirst();
  }).catch((error) => { fill(caption); ignoreApiError(error); });
  document.addEventListener("theme", draw, { signal });
  const resizing = new ResizeObserver(draw);
  resizing.observe(area);
  signal.addEventListener("abort", () => resizing.disconnect());
  return element("div", { class: "projection-parts" },
    element("div", { class: "stack" }, methods, area, caption),
    details);
}

/** @returns {string[]} a color for each digit: ten hues, dark on a light surface and light on a dark one */
function digitColors() {
  const lightness = channels("--surface")[0] > 127 ? 0.5 : 0.78;
  return [...Array(10).keys()].map((digit) => `oklch(${lightness + (digit % 2 ? 0.06 : -0.06)} 0.15 ${36 * digit})`);
}

/** @returns {Array<[number, number]>} points scaled to fill a canvas, each axis by itself */
function scaled(points, width, height) {
  const [x, y] = [0, 1].map((axis) => {
    const values = points.map((point) => point[axis]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const extent = (axis ? height : width) - 2 * MARGIN;
    return values.map((value) => MARGIN + (extent * (value - low)) / (high - low || 1));
  });
  return points.map((_, i) => [x[i], height - y[i]]);
}
