// Where one writes: text, reply or edit, the command menu with completion, and the bot's own keyboard.

import { arrange, byId, make } from "./dom.js";

/** Wire the composer. `attempt(what, body)` acts as the user in the open chat; `topic()` is the open topic. */
export function composer({ attempt, topic }) {
  const field = byId("composer"), menu = byId("commands"), toggle = byId("menu-button");
  let commands = [], offered = [], chosen = -1, mode = null, place = null;

  const grow = () => {
    field.style.setProperty("height", "auto");
    field.style.setProperty("height", `${Math.min(field.scrollHeight, 160)}px`);
    byId("send").disabled = !field.value.trim();
  };

  function showMenu(list) {
    offered = list;
    chosen = -1;
    menu.hidden = !list.length;
    toggle.setAttribute("aria-expanded", String(!menu.hidden));
    arrange(menu, list.map(({ command, description }, index) => make("li", { id: `command-${index}`, role: "option", "aria-selected": "false", data: { testid: "command-option" },
      on: { mousedown: (event) => event.preventDefault(), click: () => say(`/${command}`) } },
      make("strong", { text: `/${command}` }), make("span", { text: description }))));
  }

  function choose(step) {
    chosen = (chosen + step + offered.length) % offered.length;
    [...menu.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === chosen)));
    menu.children[chosen].scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", `command-${chosen}`);
  }

  function suggest() {
    const typed = field.value.match(/^\/(\w*)$/);
    const rank = ({ command }) => (command.startsWith(typed[1].toLowerCase()) ? 0 : 1);
    showMenu(typed ? commands.filter(({ command }) => command.includes(typed[1].toLowerCase())).sort((a, b) => rank(a) - rank(b)) : []);
  }

  function setMode(next, title = "", text = "") {
    mode = next;
    byId("context").hidden = !next;
    byId("context-title").textContent = title;
    byId("context-text").textContent = text;
    if (next) field.focus();
  }

  async function say(text) {
    const current = mode;
    field.value = "";
    setMode(null);
    showMenu([]);
    grow();
    field.focus();
    const body = current?.edit ? ["edit", { message_id: current.edit, text }]
      : ["send", { text, ...(current?.reply ? { reply_to: current.reply } : {}), ...(topic() ? { thread_id: topic() } : {}) }];
    try {
      await attempt(...body);
    } catch {
      field.value ||= text; // refused: nothing typed is lost
      grow();
    }
  }

  field.addEventListener("input", () => { grow(); suggest(); });
  field.addEventListener("blur", () => setTimeout(() => { if (document.activeElement !== toggle) showMenu([]); }, 120));
  field.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!menu.hidden && step) { event.preventDefault(); choose(step); return; }
    if (!menu.hidden && event.key === "Tab") {
      event.preventDefault();
      field.value = `/${offered[Math.max(chosen, 0)].command} `;
      showMenu([]);
      grow();
    } else if (event.key === "Escape") {
      showMenu([]);
      setMode(null);
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      // As typed, unless the arrows picked another: a half-typed command must not become a different one.
      const text = !menu.hidden && chosen >= 0 ? `/${offered[chosen].command}` : field.value;
      if (text.trim()) say(text);
    }
  });
  byId("composer-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value.trim()) say(field.value);
  });
  toggle.addEventListener("click", () => {
    showMenu(menu.hidden ? commands : []);
    field.focus();
  });
  byId("context-close").addEventListener("click", () => { setMode(null); field.value = ""; grow(); });
  byId("foot-action").addEventListener("click", () => attempt("block", { blocked: false }));

  function drawKeyboard(markup) {
    const rows = markup?.keyboard ?? [];
    const box = byId("reply-keyboard");
    box.hidden = !rows.length;
    field.placeholder = markup?.input_field_placeholder ?? "Message";
    arrange(box, rows.map((row) => make("div", { class: "keys-row" }, ...row.map((button) => {
      const label = typeof button === "string" ? button : button.text;
      return make("button", { class: "key", type: "button", text: label, data: { testid: "reply-button" }, on: { click: () => say(label) } });
    }))));
  }

  return {
    say,
    reply: (message, name, text) => setMode({ reply: message.message_id }, `Reply to ${name}`, text),
    edit(message) {
      setMode({ edit: message.message_id }, "Edit message", message.text);
      field.value = message.text;
      grow();
    },
    reset() { field.value = ""; setMode(null); showMenu([]); grow(); },
    /** Fit the composer to a chat: its commands, its keyboard, whether one may write at all. */
    update(next) {
      const key = JSON.stringify([next.id, next.commands, next.reply_keyboard, next.can_post, next.blocked]);
      if (key === place) return;
      place = key;
      commands = next.commands;
      toggle.hidden = !commands.length;
      const silent = next.blocked || !next.can_post;
      drawKeyboard(silent ? null : next.reply_keyboard);
      byId("composer-form").hidden = silent;
      byId("foot-action").hidden = !silent;
      byId("foot-action").disabled = !next.blocked;
      byId("foot-action").textContent = next.blocked ? "Unblock bot" : "Only administrators post here";
    },
  };
}
