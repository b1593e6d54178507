/** The sheet to draw on: strokes by mouse, pen, finger or keys, or a picture; what is on it as a PNG. */

import { element } from "../element.js";
import { colour } from "../theme.js";

const SHOWN = 560; // pixels on a side of what is shown
const SENT = 280; // and of what is sent: ten for each of the network's
const WIDTH = 0.08; // of a stroke, as a share of the sheet
const STEP = 0.05; // that an arrow key moves the pen

/** @typedef {{x: number, y: number, width: number}} Point in shares of the sheet */

/** A seven with a bar, drawn when somebody wants to see one first. */
const SEVEN = [
  [[0.28, 0.24], [0.5, 0.23], [0.72, 0.24], [0.6, 0.45], [0.5, 0.62], [0.44, 0.82]],
  [[0.38, 0.53], [0.66, 0.51]],
];

/**
 * @typedef {Object} Sheet
 * @property {HTMLElement} root
 * @property {function(): void} undo takes the last stroke back, or the picture
 * @property {function(): void} clear
 * @property {function(): void} example draws a seven
 * @property {function(Blob): Promise<void>} place puts a picture on the sheet in place of all that is there
 * @property {function(): boolean} isBlank
 * @property {function(boolean=): Promise<Blob>} picture what is on it; as a PNG if that is asked for
 */

/**
 * @param {{signal: AbortSignal, onchange: function(boolean): void}} options what is told of every change, and
 *   whether the stroke has ended
 * @returns {Sheet}
 */
export function sheet({ signal, onchange }) {
  /** @type {Point[][]} */
  let strokes = [];
  let under = null; // {bitmap, blob}
  let pen = { x: 0.5, y: 0.3, down: false };
  const canvas = element("canvas", {
    class: "sheet", width: SHOWN, height: SHOWN, tabindex: 0, role: "application",
    "aria-label": "Sheet to draw a digit on. Arrow keys move the pen, space puts it down and lifts it, "
      + "control Z takes a stroke back, escape clears.",
  });
  const context = canvas.getContext("2d");
  const sent = element("canvas", { width: SENT, height: SENT });

  function paint(target, side, paper, ink) {
    target.fillStyle = paper;
    target.fillRect(0, 0, side, side);
    if (under) {
      const { width, height } = under.bitmap;
      const scale = side / Math.max(width, height);
      target.drawImage(under.bitmap, (side - width * scale) / 2, (side - height * scale) / 2, width * scale, height * scale);
    }
    target.strokeStyle = target.fillStyle = ink;
    target.lineCap = target.lineJoin = "round";
    for (const stroke of strokes) {
      stroke.forEach((point, i) => {
        const from = stroke[Math.max(i - 1, 0)];
        target.lineWidth = point.width * side;
        target.beginPath();
        target.moveTo(from.x * side, from.y * side);
        target.lineTo(point.x * side, point.y * side + (i ? 0 : 0.01));
        target.stroke();
      });
    }
  }

  function show() {
    paint(context, SHOWN, colour("--map-paper"), under ? colour("--map-for") : colour("--map-ink"));
    if (document.activeElement !== canvas || !canvas.matches(":focus-visible")) return;
    context.strokeStyle = colour("--accent");
    context.lineWidth = pen.down ? 6 : 3;
    context.beginPath();
    context.arc(pen.x * SHOWN, pen.y * SHOWN, (WIDTH / 2) * SHOWN, 0, 2 * Math.PI);
    context.stroke();
  }

  function change(ended) {
    show();
    onchange(ended);
  }

  /** @returns {Point} where the pointer is; a pen that feels pressure draws wider where it is pressed */
  function pointed(event) {
    const box = canvas.getBoundingClientRect();
    const pressed = event.pointerType === "pen" && event.pressure > 0 ? 0.4 + 1.2 * event.pressure : 1;
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height, width: WIDTH * pressed };
  }

  let drawing = null; // the pointer that draws
  canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    drawing = event.pointerId;
    strokes.push([pointed(event)]);
    change(false);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drawing) return;
    const between = event.getCoalescedEvents?.() ?? [];
    strokes.at(-1).push(...(between.length ? between : [event]).map(pointed));
    change(false);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => {
      if (event.pointerId !== drawing) return;
      drawing = null;
      change(true);
    });
  }

  /** Lift pen and pointer, so that what they drew can go. */
  function lift() {
    pen.down = false;
    drawing = null;
  }

  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    const { key } = event;
    if (key in MOVES) {
      const size = event.shiftKey ? STEP / 5 : STEP;
      const inside = (at) => Math.min(Math.max(at, 0.02), 0.98);
      pen.x = inside(pen.x + MOVES[key][0] * size);
      pen.y = inside(pen.y + MOVES[key][1] * size);
      if (pen.down) {
        strokes.at(-1).push({ x: pen.x, y: pen.y, width: WIDTH });
        change(true);
      } else show();
    } else if (key === " ") {
      pen.down = !pen.down;
      if (pen.down) strokes.push([{ x: pen.x, y: pen.y, width: WIDTH }]);
      change(true);
    } else if (key === "Escape") made.clear();
    else if (key === "z" && (event.ctrlKey || event.metaKey)) made.undo();
    else return;
    event.preventDefault();
  });
  canvas.addEventListener("focus", show);
  canvas.addEventListener("blur", show);
  document.addEventListener("theme", show, { signal });

  const made = {
    root: canvas,
    undo() {
      lift();
      if (strokes.length) strokes.pop();
      else under = null;
      change(true);
    },
    clear() {
      lift();
      strokes = [];
      under = null;
      change(true);
    },
    example() {
      lift();
      under = null;
      strokes = SEVEN.map((points) => points.map(([x, y]) => ({ x, y, width: WIDTH })));
      change(true);
    },
    async place(blob) {
      under = { bitmap: await createImageBitmap(blob), blob };
      lift();
      strokes = [];
      change(true);
    },
    isBlank: () => strokes.length === 0 && under === null,
    async picture(asPng = false) {
      if (under && strokes.length === 0 && !asPng) return under.blob;
      paint(sent.getContext("2d"), SENT, "#fff", "#000");
      return new Promise((resolve) => { sent.toBlob(resolve, "image/png"); });
    },
  };
  show();
  return made;
}
