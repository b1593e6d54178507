/** The router: shows the page that the address names. */

import { element, fill } from "./element.js";
import { showError } from "./request.js";
import { connectThemeButton } from "./theme.js";

const PAGES = ["draw", "train", "errors", "lesson"];
const main = document.getElementById("page");
let leaving = new AbortController();
let isFirst = true;

/** @returns {{name: string, params: URLSearchParams}} the page that the address names, and its query */
function currentRoute() {
  const [name, query] = location.hash.replace(/^#\/?/, "").split("?");
  return { name: PAGES.includes(name) ? name : PAGES[0], params: new URLSearchParams(query) };
}

/** Load the style sheet of a page, once. */
function loadStyles(name) {
  const id = `style-of-${name}`;
  if (document.getElementById(id)) return null;
  return new Promise((resolve) => {
    const href = `/static/${name}/${name}.css`;
    document.head.append(element("link", { id, rel: "stylesheet", href, onload: resolve, onerror: resolve }));
  });
}

/** Show the page that the address names, and end everything that the last page started. */
async function navigate() {
  if (location.hash === `#${main.id}`) return; // the link that skips the header
  const { name, params } = currentRoute();
  const moveFocus = !isFirst;
  isFirst = false;
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  showError();
  for (const link of document.querySelectorAll("header nav a")) {
    if (link.hash === `#/${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  try {
    const [page] = await Promise.all([import(`./${name}/page.js`), loadStyles(name)]);
    if (signal.aborted) return;
    document.title = `${page.title} · inklab`;
    const root = element("div", { class: `page ${name}` });
    fill(main, root);
    if (moveFocus) main.focus({ preventScroll: true });
    await page.show(root, { params, signal });
  } catch (error) {
    if (signal.aborted || error.name === "AbortError") return;
    showError(error.message);
  }
}

addEventListener("hashchange", navigate);
connectThemeButton(document.getElementById("theme"));
navigate();
