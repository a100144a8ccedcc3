// Small helpers around the DOM. Text from anyone enters the page only through textContent and text nodes.

/** A new element; `options` may hold class, text, data (dataset), on (listeners) and any attribute. */
export function make(tag, options = {}, ...children) {
  const node = document.createElement(tag);
  const { class: className, text, data, on, ...attributes } = options;
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  for (const [key, value] of Object.entries(data ?? {})) node.dataset[key] = value;
  for (const [kind, listener] of Object.entries(on ?? {})) node.addEventListener(kind, listener);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** An icon drawn from SVG path data. */
export function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** Make `parent` hold exactly `nodes` in order, moving only what differs so that nothing flickers. */
export function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
}

/** Up to two initials of a name. */
export function initials(name) {
  const words = name.trim().split(/\s+/);
  return words.slice(0, 2).map((word) => [...word][0] ?? "").join("").toUpperCase();
}

/** One of seven hues, the same for the same id everywhere. */
export const hue = (id) => Math.abs(Number(id)) % 7;

/** Fill an avatar with initials and colour. */
export function paintAvatar(node, name, id) {
  node.textContent = initials(name);
  node.dataset.hue = hue(id);
}

export const clockTime = (seconds) =>
  new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });

/** Today, Yesterday, or a date. */
export function dayName(seconds) {
  const date = new Date(seconds * 1000);
  const start = (day) => new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
  const days = Math.round((start(new Date()) - start(date)) / 86400000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return date.toLocaleDateString([], { day: "numeric", month: "long", year: "numeric" });
}

export function fileSize(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}
