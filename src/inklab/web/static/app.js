/** The shell: which room is shown, and from where to where one goes. */

import { tell } from "./api.js";
import { element, fill } from "./element.js";
import { switchTheme } from "./theme.js";

const ROOMS = ["draw", "train", "mistakes", "lesson"];
const main = document.getElementById("room");
let leaving = new AbortController();
let entered = false;

/** @returns {{name: string, params: URLSearchParams}} the room that the address names, and what it says of it */
function asked() {
  const [name, query] = location.hash.replace(/^#\/?/, "").split("?");
  return { name: ROOMS.includes(name) ? name : ROOMS[0], params: new URLSearchParams(query) };
}

/** Load a room's own styles, once. */
function dress(name) {
  const id = `style-of-${name}`;
  if (document.getElementById(id)) return null;
  return new Promise((resolve) => {
    const href = `/static/${name}/${name}.css`;
    document.head.append(element("link", { id, rel: "stylesheet", href, onload: resolve, onerror: resolve }));
  });
}

/** Show the room that the address names; whatever the last one started ends. */
async function enter() {
  if (location.hash === `#${main.id}`) return; // the link that skips the header
  const { name, params } = asked();
  const cameFromAnother = entered;
  entered = true;
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  tell();
  for (const link of document.querySelectorAll("header nav a")) {
    if (link.hash === `#/${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  try {
    const [room] = await Promise.all([import(`./${name}/room.js`), dress(name)]);
    if (signal.aborted) return;
    document.title = `${room.title} · inklab`;
    const root = element("div", { class: `room ${name}` });
    fill(main, root);
    if (cameFromAnother) main.focus({ preventScroll: true });
    await room.show(root, { params, signal });
  } catch (error) {
    if (signal.aborted || error.name === "AbortError") return;
    tell(error.message);
  }
}

addEventListener("hashchange", enter);
switchTheme(document.getElementById("theme"));
enter();
