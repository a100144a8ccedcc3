// What lies above the conversation: toasts, the alert, the picture, and small menus.

import { byId, make } from "./dom.js";

/** A short notice that goes by itself. */
export function toast(text) {
  const node = make("p", { class: "toast", data: { testid: "toast" }, text });
  byId("toasts").append(node);
  setTimeout(() => node.classList.add("leaving"), 3500);
  setTimeout(() => node.remove(), 3800);
}

/** A notice the user must close. */
export function alertBox(title, text) {
  byId("alert-title").textContent = title;
  byId("alert-text").textContent = text;
  byId("alert").showModal();
}

/** A picture in full. */
export function enlarge(source, caption) {
  const image = byId("lightbox-image");
  image.src = source;
  image.alt = caption;
  byId("lightbox").showModal();
}

/** A menu beside `anchor`; `entries` are [label, action] or null. */
export function popup(anchor, entries) {
  const menu = byId("popup");
  const close = () => {
    menu.hidden = true;
    document.removeEventListener("pointerdown", outside, true);
    document.removeEventListener("keydown", keys, true);
    anchor.focus({ preventScroll: true });
  };
  const outside = (event) => { if (!menu.contains(event.target)) close(); };
  const keys = (event) => {
    const items = [...menu.children];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") close();
    if (step) {
      event.preventDefault();
      items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
    }
  };
  menu.replaceChildren(...entries.filter(Boolean).map(([label, action]) =>
    make("button", { type: "button", role: "menuitem", text: label, class: label === "Delete" || label === "Block bot" ? "danger" : "",
      on: { click: () => { close(); action(); } } })));
  menu.hidden = false;
  const box = anchor.getBoundingClientRect();
  menu.style.setProperty("left", `${Math.max(8, Math.min(box.left, innerWidth - menu.offsetWidth - 8))}px`);
  menu.style.setProperty("top", `${box.bottom + menu.offsetHeight + 8 > innerHeight ? box.top - menu.offsetHeight - 4 : box.bottom + 4}px`);
  menu.firstChild?.focus();
  document.addEventListener("pointerdown", outside, true);
  document.addEventListener("keydown", keys, true);
}
