// One message as a list item: bubble, quote, media, text, time, inline keyboard; or a line about an event.

import { clockTime, fileSize, hue, icon, initials, make } from "./dom.js";
import { richText } from "./entities.js";

export const fullName = (user) => [user.first_name, user.last_name].filter(Boolean).join(" ");

/** Who speaks: the chat a message was sent in the name of, or its sender. */
export function author(message, bot) {
  if (message.chat.type === "channel") return { id: message.chat.id, name: message.chat.title };
  if (message.sender_chat) return { id: message.sender_chat.id, name: message.sender_chat.title };
  const user = message.from ?? bot;
  return { id: user.id, name: fullName(user) };
}

/** What a message says in one line, for the chat list, quotes and the pinned bar. */
export function summary(message) {
  const event = eventText(message);
  if (event) return event;
  const text = message.text ?? message.caption;
  const kind = message.photo ? "Photo" : message.document ? message.document.file_name : "";
  return [kind, text].filter(Boolean).join(", ").replace(/\s+/g, " ");
}

export function eventText(message) {
  if (message.forum_topic_created) return `Topic “${message.forum_topic_created.name}” was created`;
  if (message.migrate_to_chat_id) return "The group became a supergroup";
  if (message.migrate_from_chat_id) return "The group became a supergroup";
  return null;
}

/** The list item of a message. `place`: {mine, first, last, named, topic}; `act`: what buttons do. */
export function messageNode(message, place, bot, act) {
  const event = eventText(message);
  if (event) return make("li", { class: "event", data: { testid: "event", messageId: message.message_id } }, make("span", { text: event }));
  const who = author(message, bot);
  const from = place.mine ? "me" : message.by_bot ? "bot" : "other";
  const classes = ["message", from, place.first ? "first" : "", place.last ? "last" : ""].filter(Boolean).join(" ");
  const more = make("button", { class: "icon-button more", type: "button", "aria-label": "Message menu",
    on: { click: (event) => act.menu(event.currentTarget, message) } }, icon("M6 10l6 6 6-6"));
  const bubble = make("article", { class: "bubble", "aria-label": `${who.name}, ${clockTime(message.date)}`,
    on: { contextmenu: (event) => { event.preventDefault(); act.menu(more, message); } } },
    place.named && place.first ? make("p", { class: "author", data: { hue: hue(who.id) }, text: who.name }) : null,
    place.topic ? make("p", { class: "topic-tag", text: `# ${place.topic}` }) : null,
    spokenAs(message, place), forwarded(message), quoted(message, bot, act), media(message, act),
    body(message, place, act), meta(message, place), more);
  const stack = make("div", { class: "stack" }, bubble, keyboard(message, act));
  const avatar = place.named
    ? make("span", { class: "avatar small", data: { hue: hue(who.id) }, "aria-hidden": "true", text: place.last ? initials(who.name) : "" })
    : null;
  if (avatar && !place.last) avatar.classList.add("ghost");
  return make("li", { class: classes, data: { testid: "message", messageId: message.message_id, from } }, avatar, stack);
}

function spokenAs(message, place) {
  if (!place.mine || !message.sender_chat) return null;
  return make("p", { class: "via", text: `as ${message.sender_chat.title}` });
}

function forwarded(message) {
  const origin = message.forward_origin;
  const via = message.via_bot ? make("p", { class: "via", text: `via @${message.via_bot.username}` }) : null;
  if (!origin) return via;
  const name = origin.sender_user_name ?? origin.chat?.title ?? origin.sender_chat?.title ?? fullName(origin.sender_user);
  return make("p", { class: "via", text: `Forwarded from ${name}` });
}

function quoted(message, bot, act) {
  const target = message.reply_to_message;
  if (!target || target.forum_topic_created) return null;
  const who = author(target, bot);
  return make("button", { class: "quote", type: "button", data: { hue: hue(who.id) }, "aria-label": `In reply to ${who.name}`,
    on: { click: () => act.show(target.message_id) } },
    make("strong", { text: who.name }), make("span", { text: summary(target) }));
}

function media(message, act) {
  if (message.photo) {
    const photo = message.photo.at(-1);
    const source = `/sandbox/files/${encodeURIComponent(photo.file_id)}`;
    const image = make("img", { src: source, alt: message.caption ?? "Photo", width: photo.width, height: photo.height, });
    image.style.setProperty("width", `${Math.min(photo.width, 480)}px`);
    return make("button", { class: "photo", type: "button", "aria-label": "Enlarge picture", data: { testid: "photo" },
      on: { click: () => act.enlarge(source, message.caption ?? "") } }, image);
  }
  if (!message.document) return null;
  const file = message.document;
  const suffix = (file.file_name.split(".").pop() ?? "").slice(0, 4);
  return make("a", { class: "document", href: `/sandbox/files/${encodeURIComponent(file.file_id)}`, download: file.file_name, data: { testid: "document" } },
    make("span", { class: "document-icon", "aria-hidden": "true", text: suffix }),
    make("span", { class: "document-name" }, make("strong", { text: file.file_name }), make("small", { text: fileSize(file.file_size) })));
}

const RIGHT_TO_LEFT = /^[^\p{L}]*[\p{Script=Arabic}\p{Script=Hebrew}]/u;

function body(message, place, act) {
  const text = message.text ?? message.caption;
  if (!text) return null;
  // Room on the last line for the time, which then stands beside the text instead of below it.
  const room = RIGHT_TO_LEFT.test(text) ? null
    : make("i", { class: ["room", message.edit_date ? "edited" : "", place.mine ? "sent" : ""].join(" ").trim(), "aria-hidden": "true" });
  const lonely = /^(\p{Extended_Pictographic}\uFE0F?){1,3}$/u.test(text);
  return make("div", { class: lonely ? "text jumbo" : "text", data: { testid: "message-text" }, dir: "auto" },
    richText(text, message.entities ?? message.caption_entities, act), room);
}

function meta(message, place) {
  const edited = message.edit_date ? make("span", { class: "edited", text: "edited" }) : null;
  const sent = place.mine ? icon("M3 13l4 4 8-9M11 16l1 1 8-9") : null;
  const when = new Date(message.date * 1000);
  return make("p", { class: "meta" }, edited, make("time", { datetime: when.toISOString(), title: when.toLocaleString(), text: clockTime(message.date) }), sent);
}

const BADGES = { url: "M8 16L16 8M9 8h7v7", web_app: "M5 5h14v14H5z", copy_text: "M9 9h10v10H9zM5 15V5h10" };

function keyboard(message, act) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows?.length) return null;
  const lines = rows.map((row, r) => make("div", { class: "keys-row" }, ...row.map((button, c) => {
    const kind = Object.keys(BADGES).find((name) => name in button);
    return make("button", { class: "key", type: "button", data: { testid: "inline-button", row: r, column: c, ...(button.callback_data ? { callback: button.callback_data } : {}) },
      on: { click: (event) => act.press(event.currentTarget, message, button, r, c) } },
      make("span", { text: button.text }), kind ? icon(BADGES[kind]) : null, make("i", { class: "ring", "aria-hidden": "true" }));
  })));
  return make("div", { class: "keys", role: "group", "aria-label": "Buttons" }, ...lines);
}
