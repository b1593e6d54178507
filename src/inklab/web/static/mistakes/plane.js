/** The plane: test digits laid out by what the last hidden layer makes of them. */

import { get, post, Trouble } from "../api.js";
import { bytes, percent } from "../draw/numbers.js";
import { element, fill } from "../element.js";
import { latest } from "../latest.js";
import { colour } from "../theme.js";
import { digitShown } from "./digits.js";

const SERIES = 6; // so many colours there are; the digits are written, so that two of a colour are told apart
const MARGIN = 14;
const NARROW = 500;
const NEAR = 18; // pixels from which a point is caught
const EVERY_MS = 600;
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @param {{network: string, signal: AbortSignal}} options
 * @returns {HTMLElement}
 */
export function planeShown({ network, signal }) {
  const query = new URLSearchParams({ network });
  const canvas = element("canvas", { "aria-hidden": "true" });
  const area = element("div", {
    class: "plane-area", tabindex: 0, role: "application", "aria-label": "Map of test digits; arrow keys go to the next digit in that direction",
    onpointermove: hover, onpointerdown: hover, onkeydown: walk, onfocus: begin,
  }, canvas);
  const picture = element("div", { class: "caught" }, element("p", { class: "soft" }, "Point at a digit, or go there with the arrow keys."));
  const said = element("p", { class: "soft small", "aria-live": "polite" });
  const ways = element("div", { class: "row", role: "group", "aria-label": "How they are laid out" });
  const images = new Map();
  let laid = null;
  let points = [];
  let spots = []; // the same in pixels of the canvas
  let chosen = -1;

  const fetchPicture = latest(async (index) => {
    if (!images.has(index)) {
      const found = await get(`/api/mistakes/digit?${new URLSearchParams({ network, index })}`, { signal });
      images.set(index, bytes(found.images));
    }
    if (laid.digits[chosen]?.index === index) tell(laid.digits[chosen]);
  });

  function tell(digit) {
    const right = digit.label === digit.answer;
    fill(picture, digitShown(digit, images.get(digit.index)),
      element("p", { "aria-live": "polite" }, element("strong", {}, right ? `A ${digit.label}, read rightly` : `A ${digit.label}, read as ${digit.answer}`),
        element("br", {}), element("span", { class: "soft small" }, `${percent(digit.probability)} sure; test digit ${digit.index}`)));
  }

  function choose(i) {
    if (i === chosen) return;
    chosen = i;
    draw();
    fetchPicture(laid.digits[i].index);
  }

  function begin() {
    if (chosen < 0 && spots.length) choose(0);
  }

  function hover(event) {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let [best, at] = [NEAR ** 2, -1];
    spots.forEach(([px, py], i) => {
      const away = (px - x) ** 2 + (py - y) ** 2;
      if (away < best) [best, at] = [away, i];
    });
    if (at >= 0) choose(at);
  }

  function walk(event) {
    const way = WAYS[event.key];
    if (!way || !spots.length) return;
    event.preventDefault();
    const [x, y] = spots[Math.max(chosen, 0)];
    let [best, at] = [Infinity, chosen];
    spots.forEach(([px, py], i) => {
      const ahead = (px - x) * way[0] + (py - y) * way[1];
      const aside = Math.abs((px - x) * way[1]) + Math.abs((py - y) * way[0]);
      if (i !== chosen && ahead > 0 && ahead + 2 * aside < best) [best, at] = [ahead + 2 * aside, i];
    });
    if (at >= 0) choose(at);
  }

  function draw() {
    if (!laid) return;
    const side = area.clientWidth;
    const height = Math.round(side * (side < NARROW ? 1.1 : 0.75));
    const dense = devicePixelRatio || 1;
    Object.assign(canvas, { width: side * dense, height: height * dense });
    Object.assign(canvas.style, { width: `${side}px`, height: `${height}px` });
    spots = placed(points, side, height);
    const context = canvas.getContext("2d");
    context.scale(dense, dense);
    context.textAlign = "center";
    context.textBaseline = "middle";
    const colours = [...Array(SERIES).keys()].map((i) => colour(`--series-${i + 1}`));
    const [bad, ink, card] = ["--bad", "--ink", "--card"].map(colour);
    const write = (i, large) => {
      const { label, answer } = laid.digits[i];
      const wrong = label !== answer;
      context.font = `${wrong || large ? 700 : 500} ${large ? 20 : 12}px ${getComputedStyle(document.body).fontFamily}`;
      context.fillStyle = wrong ? bad : colours[label % SERIES];
      if (wrong) {
        context.strokeStyle = bad;
        context.beginPath();
        context.arc(...spots[i], large ? 14 : 8, 0, 2 * Math.PI);
        context.stroke();
      }
      context.fillText(label, ...spots[i]);
    };
    laid.digits.forEach((digit, i) => { if (digit.label === digit.answer) write(i, false); });
    laid.digits.forEach((digit, i) => { if (digit.label !== digit.answer) write(i, false); });
    if (chosen < 0) return;
    context.fillStyle = card;
    context.strokeStyle = ink;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(...spots[chosen], 16, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
    write(chosen, true);
  }

  function show(kind, others, words) {
    points = others;
    said.textContent = words;
    for (const button of ways.children) button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
    draw();
  }

  const principal = () => show("principal", laid.points, `Principal components: the last layer decides by ${laid.numbers.toLocaleString("en")} numbers a digit; `
    + `these are the two directions in which they vary most, ${percent(laid.shares[0] + laid.shares[1])} of all they vary. ${laid.digits.length.toLocaleString("en")} of ${laid.total.toLocaleString("en")} test digits; mistakes are ringed.`);

  async function neighbours() {
    said.textContent = "Finding neighbours; some seconds …";
    let job = await post(`/api/mistakes/neighbours?${query}`, undefined, { signal });
    while (["waiting", "running"].includes(job.state)) {
      await new Promise((resolve) => { setTimeout(resolve, EVERY_MS); });
      job = await get(`/api/mistakes/neighbours?${query}`, { signal });
    }
    if (job.points) show("neighbours", job.points, "t-SNE: digits that are alike in what the last layer decides by lie side by side. How far groups lie apart, and how large they are, means little.");
    else said.textContent = `That failed: ${job.error}.`;
  }

  const way = (kind, name, work) => element("button", {
    class: "button", type: "button", "aria-pressed": "false", "data-kind": kind, disabled: true, onclick: () => Promise.resolve(work()).catch(silent),
  }, name);
  fill(ways, way("principal", "Principal components", principal), way("neighbours", "Neighbours (t-SNE)", neighbours));

  get(`/api/mistakes/plane?${query}`, { signal }).then((found) => {
    laid = found;
    for (const button of ways.children) button.disabled = false;
    principal();
    if (document.activeElement === area) begin();
  }).catch(silent);
  document.addEventListener("theme", draw, { signal });
  const resized = new ResizeObserver(draw);
  resized.observe(area);
  signal.addEventListener("abort", () => resized.disconnect());
  return element("div", { class: "plane-parts" },
    element("div", { class: "stack" }, ways, area, said),
    picture);
}

/** @returns {Array<[number, number]>} points scaled into a canvas, each axis by itself */
function placed(points, width, height) {
  const scaled = [0, 1].map((axis) => {
    const values = points.map((point) => point[axis]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const room = (axis ? height : width) - 2 * MARGIN;
    return values.map((value) => MARGIN + (room * (value - low)) / (high - low || 1));
  });
  return points.map((_, i) => [scaled[0][i], height - scaled[1][i]]);
}

function silent(error) {
  if (!(error instanceof Trouble) && error.name !== "AbortError") throw error;
}
