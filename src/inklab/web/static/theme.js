/** Light and dark: what the system asks for, unless the reader chose; colours for what is drawn on canvases. */

const KEPT = "inklab-theme";
const NEXT = { system: "light", light: "dark", dark: "system" };

/** @returns {"system"|"light"|"dark"} what was chosen */
function chosen() {
  const kept = localStorage.getItem(KEPT);
  return kept in NEXT ? kept : "system";
}

/** Colours that were looked up since the theme changed. */
const resolved = new Map();

function apply(button) {
  resolved.clear();
  const theme = chosen();
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  button.textContent = { system: "Theme: system", light: "Theme: light", dark: "Theme: dark" }[theme];
  document.dispatchEvent(new Event("theme"));
}

/**
 * Let a button go round the themes. The event "theme" comes to the document whenever colours change.
 *
 * @param {HTMLButtonElement} button
 */
export function switchTheme(button) {
  button.addEventListener("click", () => {
    localStorage.setItem(KEPT, NEXT[chosen()]);
    apply(button);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => apply(button));
  apply(button);
}

/**
 * @param {string} token a custom property of style.css, such as "--accent"
 * @returns {string} the colour that it is now, as rgb(...)
 */
export function colour(token) {
  if (!resolved.has(token)) {
    const probe = document.createElement("span");
    probe.style.color = `var(${token})`;
    document.body.append(probe);
    resolved.set(token, getComputedStyle(probe).color);
    probe.remove();
  }
  return resolved.get(token);
}

/**
 * @param {string} token
 * @returns {[number, number, number]} its red, green and blue, 0 to 255
 */
export function channels(token) {
  return colour(token).match(/[\d.]+/g).slice(0, 3).map(Number);
}
