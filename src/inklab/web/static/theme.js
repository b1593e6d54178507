/** The light and dark themes: the system's choice unless the user chose one; colors for canvases and charts. */

const STORAGE_KEY = "inklab-theme";
const NEXT = { system: "light", light: "dark", dark: "system" };

/** @returns {"system"|"light"|"dark"} */
function currentTheme() {
  const stored = localStorage.getItem(STORAGE_KEY);
  return stored in NEXT ? stored : "system";
}

/** The colors that were looked up since the theme changed. */
const resolved = new Map();

function apply(button) {
  resolved.clear();
  const theme = currentTheme();
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  button.textContent = { system: "Theme: system", light: "Theme: light", dark: "Theme: dark" }[theme];
  document.dispatchEvent(new Event("theme"));
}

/**
 * Let a button switch between the themes. The document gets the event "theme" whenever the colors change.
 *
 * @param {HTMLButtonElement} button
 */
export function connectThemeButton(button) {
  button.addEventListener("click", () => {
    localStorage.setItem(STORAGE_KEY, NEXT[currentTheme()]);
    apply(button);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => apply(button));
  apply(button);
}

/**
 * @param {string} token a custom property of palette.css, such as "--accent"
 * @returns {string} its current color, as rgb(...)
 */
export function color(token) {
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
  return color(token).match(/[\d.]+/g).slice(0, 3).map(Number);
}
