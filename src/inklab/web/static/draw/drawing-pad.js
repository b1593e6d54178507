/** The drawing pad: strokes by mouse, pen, finger, or keyboard, or a picture; its content as a PNG. */

import { element } from "../element.js";
import { color } from "../theme.js";

// Lengths are fractions of the pad's side, unless they are in pixels.
const SHOWN_SIDE = 560; // pixels of the canvas on the page
const SENT_SIDE = 280; // pixels of the PNG: ten for each of the network's
const STROKE_WIDTH = 0.08;
const KEY_STEP = 0.05; // how far an arrow key moves the pen

/** @typedef {{x: number, y: number, width: number}} Point */

/** A crossed seven, the example. */
const SEVEN = [
  [[0.28, 0.24], [0.5, 0.23], [0.72, 0.24], [0.6, 0.45], [0.5, 0.62], [0.44, 0.82]],
  [[0.38, 0.53], [0.66, 0.51]],
];

/**
 * @typedef {Object} DrawingPad
 * @property {HTMLElement} root
 * @property {function(): void} undo removes the last stroke, or the picture
 * @property {function(): void} clear
 * @property {function(): void} example draws a seven
 * @property {function(Blob): Promise<void>} place replaces the content by a picture
 * @property {function(): boolean} isBlank
 * @property {function(boolean=): Promise<Blob>} picture the content; a PNG if the argument is true
 */

/**
 * @param {{signal: AbortSignal, onchange: function(boolean): void}} options the listener gets every change, and
 *   whether the stroke has ended
 * @returns {DrawingPad}
 */
export function drawingPad({ signal, onchange }) {
  /** @type {Point[][]} */
  let strokes = [];
  let background = null; // {bitmap, blob}
  let pen = { x: 0.5, y: 0.3, down: false };
  const canvas = element("canvas", {
    class: "pad", width: SHOWN_SIDE, height: SHOWN_SIDE, tabindex: 0, role: "application",
    "aria-label": "Drawing pad. Arrow keys move the pen, Space lowers or lifts it, "
      + "Control Z removes the last stroke, Escape clears the pad.",
  });
  const context = canvas.getContext("2d");
  const sentCanvas = element("canvas", { width: SENT_SIDE, height: SENT_SIDE });

  function paint(target, side, paperColor, inkColor) {
    target.fillStyle = paperColor;
    target.fillRect(0, 0, side, side);
    if (background) {
      const { width, height } = background.bitmap;
      const scale = side / Math.max(width, height);
      target.drawImage(background.bitmap, (side - width * scale) / 2, (side - height * scale) / 2, width * scale, height * scale);
    }
    target.strokeStyle = target.fillStyle = inkColor;
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
    paint(context, SHOWN_SIDE, color("--map-zero"), background ? color("--positive") : color("--map-ink"));
    if (document.activeElement !== canvas || !canvas.matches(":focus-visible")) return;
    context.strokeStyle = color("--accent");
    context.lineWidth = pen.down ? 6 : 3;
    context.beginPath();
    context.arc(pen.x * SHOWN_SIDE, pen.y * SHOWN_SIDE, (STROKE_WIDTH / 2) * SHOWN_SIDE, 0, 2 * Math.PI);
    context.stroke();
  }

  function change(hasEnded) {
    show();
    onchange(hasEnded);
  }

  /** @returns {Point} the position of the pointer; a pen with pressure draws wider when pressed */
  function pointOf(event) {
    const box = canvas.getBoundingClientRect();
    const pressure = event.pointerType === "pen" && event.pressure > 0 ? 0.4 + 1.2 * event.pressure : 1;
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height, width: STROKE_WIDTH * pressure };
  }

  let drawingPointer = null; // the id of the pointer that draws
  canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    drawingPointer = event.pointerId;
    strokes.push([pointOf(event)]);
    change(false);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drawingPointer) return;
    const coalesced = event.getCoalescedEvents?.() ?? [];
    strokes.at(-1).push(...(coalesced.length ? coalesced : [event]).map(pointOf));
    change(false);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => {
      if (event.pointerId !== drawingPointer) return;
      drawingPointer = null;
      change(true);
    });
  }

  /** Lift the pen and the pointer before their strokes are removed. */
  function lift() {
    pen.down = false;
    drawingPointer = null;
  }

  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    const { key } = event;
    if (key in MOVES) {
      const size = event.shiftKey ? KEY_STEP / 5 : KEY_STEP;
      const clamp = (position) => Math.min(Math.max(position, 0.02), 0.98);
      pen.x = clamp(pen.x + MOVES[key][0] * size);
      pen.y = clamp(pen.y + MOVES[key][1] * size);
      if (pen.down) {
        strokes.at(-1).push({ x: pen.x, y: pen.y, width: STROKE_WIDTH });
        change(true);
      } else show();
    } else if (key === " ") {
      pen.down = !pen.down;
      if (pen.down) strokes.push([{ x: pen.x, y: pen.y, width: STROKE_WIDTH }]);
      change(true);
    } else if (key === "Escape") pad.clear();
    else if (key === "z" && (event.ctrlKey || event.metaKey)) pad.undo();
    else return;
    event.preventDefault();
  });
  canvas.addEventListener("focus", show);
  canvas.addEventListener("blur", show);
  document.addEventListener("theme", show, { signal });

  const pad = {
    root: canvas,
    undo() {
      lift();
      if (strokes.length) strokes.pop();
      else background = null;
      change(true);
    },
    clear() {
      lift();
      strokes = [];
      background = null;
      change(true);
    },
    example() {
      lift();
      background = null;
      strokes = SEVEN.map((points) => points.map(([x, y]) => ({ x, y, width: STROKE_WIDTH })));
      change(true);
    },
    async place(blob) {
      background = { bitmap: await createImageBitmap(blob), blob };
      lift();
      strokes = [];
      change(true);
    },
    isBlank: () => strokes.length === 0 && background === null,
    async picture(asPng = false) {
      if (background && strokes.length === 0 && !asPng) return background.blob;
      paint(sentCanvas.getContext("2d"), SENT_SIDE, "#fff", "#000");
      return new Promise((resolve) => { sentCanvas.toBlob(resolve, "image/png"); });
    },
  };
  show();
  return pad;
}
