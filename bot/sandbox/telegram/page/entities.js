// Text with Bot API entities as DOM nodes. Offsets are UTF-16 units, which JavaScript strings count natively.

import { make } from "./dom.js";

const BLOCKS = ["pre", "blockquote", "expandable_blockquote"];
const SIMPLE = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code" };

/** A fragment of `text` with its entities; `act` offers openLink(url), command(text) and copied(). */
export function richText(text, entities = [], act) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return piece(text, 0, text.length, sorted, act);
}

function piece(text, begin, end, entities, act) {
  const out = document.createDocumentFragment();
  let at = begin;
  for (let i = 0; i < entities.length; ) {
    const entity = entities[i];
    const start = Math.max(entity.offset, at);
    const stop = Math.min(entity.offset + entity.length, end);
    let next = i + 1;
    while (next < entities.length && entities[next].offset < stop) next += 1;
    if (stop <= start) { i += 1; continue; }
    if (start > at) out.append(text.slice(at, start));
    const inner = piece(text, start, stop, entities.slice(i + 1, next), act);
    out.append(wrap(entity, text.slice(start, stop), inner, act));
    at = stop;
    if (BLOCKS.includes(entity.type) && text[at] === "\n") at += 1; // a block ends its line by itself
    i = next;
  }
  if (at < end) out.append(text.slice(at, end));
  return out;
}

function wrap(entity, text, inner, act) {
  const tag = SIMPLE[entity.type];
  if (entity.type === "code") {
    return make("code", { title: "Copy", on: { click: () => act.copy(text) } }, inner);
  }
  if (tag) return make(tag, {}, inner);
  switch (entity.type) {
    case "pre": return preformatted(entity, text, inner, act);
    case "spoiler": return spoiler(inner);
    case "blockquote": return make("blockquote", {}, inner);
    case "expandable_blockquote": return expandable(inner);
    case "text_link": return link(entity.url, inner, act);
    case "url": return link(text, inner, act);
    case "email": return link(`mailto:${text}`, inner, act);
    case "bot_command": return make("a", { href: "#", class: "command", on: { click: (event) => {
      event.preventDefault();
      act.command(text);
    } } }, inner);
    case "mention": case "text_mention": case "hashtag": case "cashtag":
      return make("span", { class: "mention" }, inner);
    default: return inner;
  }
}

function preformatted(entity, text, inner, act) {
  const head = make("span", { class: "pre-head" }, make("span", { text: entity.language ?? "" }),
    make("button", { type: "button", text: "Copy", on: { click: () => act.copy(text) } }));
  return make("figure", { class: "pre" }, head, make("pre", {}, make("code", {}, inner)));
}

function spoiler(inner) {
  const node = make("span", { class: "spoiler", role: "button", tabindex: "0", "aria-label": "Hidden text, press to show" }, inner);
  const show = () => {
    node.classList.add("shown");
    node.removeAttribute("role");
    node.removeAttribute("aria-label");
  };
  node.addEventListener("click", show);
  node.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") show(); });
  return node;
}

function expandable(inner) {
  const node = make("blockquote", { class: "expandable", tabindex: "0" }, inner);
  node.addEventListener("click", () => node.classList.toggle("open"));
  node.addEventListener("keydown", (event) => { if (event.key === "Enter") node.classList.toggle("open"); });
  return node;
}

function link(url, inner, act) {
  const safe = /^(https?|mailto|tg):/i.test(url) ? url : `http://${url}`;
  return make("a", { href: safe, target: "_blank", rel: "noopener noreferrer", on: { click: (event) => act.openLink(event, safe) } }, inner);
}
