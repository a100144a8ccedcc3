// The chat page: who you are, your chats, one conversation. State lives here; nodes are made elsewhere.

import { composer } from "./composer.js";
import { arrange, byId, clockTime, dayName, make, paintAvatar } from "./dom.js";
import { alertBox, enlarge, popup, toast } from "./overlays.js";
import { author, eventText, fullName, messageNode, summary } from "./messages.js";
import { follow, get, post } from "./server.js";

const state = { user: null, users: [], bot: null, chats: new Map(), open: null, topic: null, messages: new Map(), typing: 0, early: new Map() };
const nodes = new Map(); // message id -> {key, node}
const chatNodes = new Map();
const topicNodes = new Map();
const presses = new Map(); // press id -> button
let stop = () => {};
let stick = true; // the reader is at the end and wants to stay there
let generation = 0; // of loads: an answer for a chat that is no longer open is thrown away

const chat = () => state.chats.get(state.open);
const scroll = byId("scroll");
const atEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
const toEnd = (smooth) => scroll.scrollTo({ top: scroll.scrollHeight, behavior: smooth ? "smooth" : "instant" });
const titleOf = (place) => place.title ?? fullName(place);
const colourOf = (place) => (place.type === "private" ? state.bot.id : place.id);

// ---- loading

async function start() {
  const { users, bot } = await get("people");
  Object.assign(state, { users, bot });
  const [user, open] = location.hash.slice(1).split("/").map(Number);
  await become(users.some((u) => u.id === user) ? user : users[0].id, open || undefined);
}

async function become(userId, chatId = undefined) {
  stop();
  state.user = state.users.find((user) => user.id === userId);
  const revision = await loadChats();
  const wanted = [chatId, state.open, userId].find((id) => state.chats.has(id));
  drawPeople();
  await openChat(wanted ?? state.chats.keys().next().value, document.body.dataset.view);
  stop = follow(userId, revision, changed, connection);
}

function connection(up) {
  document.body.dataset.offline = !up;
  document.querySelector(".banner-status").textContent = up ? "" : "Reconnecting…";
}

async function loadChats() {
  const { chats, revision } = await get("chats", { user_id: state.user.id });
  state.chats = new Map(chats.map((place) => [place.id, place]));
  drawChats();
  return revision;
}

async function openChat(chatId, view = "chat") {
  if (state.open !== chatId) { state.topic = null; write.reset(); }
  state.open = chatId;
  state.typing = 0;
  document.body.dataset.view = view;
  history.replaceState(null, "", `#${state.user.id}/${chatId}`);
  const mine = ++generation;
  const { messages } = await get("messages", { user_id: state.user.id, chat_id: chatId });
  if (mine !== generation) return;
  state.messages = new Map(messages.map((message) => [message.message_id, message]));
  nodes.clear();
  byId("messages").replaceChildren();
  drawConversation();
  toEnd();
  markRead();
}

function markRead() {
  const place = chat();
  if (!place || document.body.dataset.view !== "chat") return;
  place.unread = 0;
  const last = Math.max(0, ...state.messages.keys());
  post("read", { user_id: state.user.id, chat_id: place.id, message_id: last }).catch(() => {});
  drawChats();
}

// ---- changes

function changed(change) {
  const handler = { message: arrived, edit: arrived, delete: removed, answer: answered, action: acted, chat: refreshed, commands: refreshed, reload: () => become(state.user.id, state.open) }[change.kind];
  handler?.(change);
}

function arrived({ kind, message, chat_id: chatId }) {
  const place = state.chats.get(chatId);
  if (!place || !message) return;
  const mine = isMine(message);
  if (kind === "message" || place.last_message?.message_id === message.message_id) place.last_message = message;
  if (kind === "message") place.started = true;
  if (kind === "message" && !mine && !eventText(message)) place.unread = (place.unread ?? 0) + 1;
  if (chatId === state.open) {
    const follow = stick || mine;
    state.messages.set(message.message_id, message);
    if (message.by_bot && kind === "message") state.typing = 0;
    drawConversation();
    if (follow) toEnd(kind === "message");
    if (follow) markRead();
  }
  drawChats();
}

function removed({ chat_id: chatId, message_id: messageId }) {
  if (chatId === state.open) {
    state.messages.delete(messageId);
    const item = nodes.get(messageId)?.node;
    nodes.delete(messageId);
    item?.classList.add("leaving");
    setTimeout(drawConversation, item ? 160 : 0);
  }
  refreshed();
}

function answered({ press_id: id, user_id: userId, ...answer }) {
  if (userId !== state.user.id) return;
  const button = presses.get(id);
  if (!button) state.early.set(id, answer); // the answer overtook the reply to our request
  else settle(id, answer);
}

function settle(id, { text, show_alert: alert, url }) {
  presses.get(id)?.classList.remove("waiting");
  presses.get(id)?.removeAttribute("aria-busy");
  presses.delete(id);
  if (url) window.open(url, "_blank", "noopener");
  if (text) (alert ? (words) => alertBox(state.bot.first_name, words) : toast)(text);
}

function acted({ chat_id: chatId }) {
  if (chatId !== state.open) return;
  state.typing = Date.now() + 5000;
  drawHead();
  setTimeout(drawHead, 5100);
}

let refreshing = null;
function refreshed() {
  clearTimeout(refreshing);
  refreshing = setTimeout(async () => {
    await loadChats();
    if (!state.chats.has(state.open)) await openChat(state.chats.keys().next().value);
    else { drawHead(); write.update(chat()); }
  }, 30);
}

// ---- drawing

const isMine = (message) => !message.by_bot && (message.from?.id === state.user.id ||
  (message.sender_chat && chat()?.role === "creator" && message.chat.type !== "channel"));

function drawPeople() {
  byId("whoami").textContent = fullName(state.user);
  arrange(byId("people"), state.users.map((user) => {
    const face = make("span", { class: "avatar", "aria-hidden": "true" });
    paintAvatar(face, fullName(user), user.id);
    return make("button", { type: "button", class: "person", data: { testid: "user-switch", userId: user.id }, title: `Be ${fullName(user)}`,
      "aria-pressed": String(user === state.user), on: { click: () => become(user.id, state.open < 0 ? state.open : user.id) } },
      face, make("span", { text: user.first_name }));
  }));
}

function drawChats() {
  const places = [...state.chats.values()].sort((a, b) => Number(b.type === "private") - Number(a.type === "private") || (b.last_message?.date ?? 0) - (a.last_message?.date ?? 0) || b.id - a.id);
  arrange(byId("chats"), places.map((place) => {
    const key = JSON.stringify([place.last_message?.message_id, place.last_message?.revision, place.unread, place.id === state.open, state.user.id]);
    return keyed(place.id, key, () => chatItem(place), chatNodes);
  }));
  const others = places.reduce((sum, place) => sum + (place.id === state.open ? 0 : place.unread ?? 0), 0);
  byId("back-unread").hidden = !others;
  byId("back-unread").textContent = others;
}

function chatItem(place) {
  const last = place.last_message;
  const face = make("span", { class: "avatar", "aria-hidden": "true" });
  paintAvatar(face, titleOf(place), colourOf(place));
  const named = last && !["private", "channel"].includes(place.type) && !eventText(last);
  const unread = place.unread ? make("span", { class: "badge", text: place.unread, "aria-label": `${place.unread} unread` }) : null;
  return make("li", {}, make("button", { type: "button", class: "chat-item", data: { testid: "chat-item", chatId: place.id },
    "aria-current": place.id === state.open ? "true" : null, on: { click: () => openChat(place.id) } },
    face,
    make("span", { class: "chat-line" }, make("strong", { text: titleOf(place) }), make("time", { text: last ? clockTime(last.date) : "" })),
    make("span", { class: "chat-line" },
      make("span", { class: "snippet" }, make("b", { text: named ? `${author(last, state.bot).name}: ` : "" }), last ? summary(last) : "No messages yet"), unread)));
}

function drawHead() {
  const place = chat();
  if (!place) return;
  document.title = `${titleOf(place)} · Sandbox chat`;
  paintAvatar(byId("head-avatar"), titleOf(place), colourOf(place));
  byId("head-title").textContent = titleOf(place);
  const typing = state.typing > Date.now();
  const kind = { private: "bot", channel: `channel · ${place.members} members` }[place.type] ?? `${place.members} members`;
  byId("head-status").textContent = typing ? "typing" : place.blocked ? "blocked by you" : kind;
  byId("head-status").classList.toggle("typing", typing);
  const pinned = state.messages.get(place.pinned);
  byId("pinned").hidden = !pinned;
  if (pinned) byId("pinned").replaceChildren(make("strong", { text: "Pinned message" }), make("span", { text: summary(pinned) }));
  drawTopics(place);
}

function drawTopics(place) {
  byId("topics").hidden = !place.topics.length;
  const choices = [{ id: null, name: "All" }, ...place.topics];
  const button = ({ id, name }) => make("button", { type: "button", data: { testid: "topic" }, text: name,
    on: { click: () => { state.topic = id; drawConversation(); toEnd(); } } });
  const buttons = choices.map((choice) => keyed(choice.id, choice.name, () => button(choice), topicNodes));
  buttons.forEach((node, index) => node.setAttribute("aria-pressed", String(choices[index].id === state.topic)));
  arrange(byId("topics"), buttons);
}

function drawConversation() {
  const place = chat();
  if (!place) return;
  const shown = [...state.messages.values()].sort((a, b) => a.message_id - b.message_id)
    .filter((message) => state.topic === null || message.message_thread_id === state.topic);
  const items = [];
  shown.forEach((message, index) => {
    const before = shown[index - 1], after = shown[index + 1];
    if (!before || dayName(before.date) !== dayName(message.date)) items.push(keyed(`day ${dayName(message.date)}`, "", () => make("li", { class: "event day" }, make("span", { text: dayName(message.date) }))));
    const topic = state.topic === null && message.is_topic_message ? place.topics.find(({ id }) => id === message.message_thread_id)?.name : null;
    const spot = { mine: isMine(message), first: !together(before, message), last: !together(message, after), topic, named: place.type !== "private" && !isMine(message) };
    items.push(keyed(message.message_id, JSON.stringify([message.revision, spot]), () => messageNode(message, spot, state.bot, act)));
  });
  if (!shown.length) items.push(keyed("welcome", String(place.started), () => welcome(place)));
  arrange(byId("messages"), items);
  drawHead();
  write.update(place);
}

/** The node kept for `id` while `key` stays the same, so that focus and opened spoilers survive a redraw. */
function keyed(id, key, build, kept = nodes) {
  const known = kept.get(id);
  if (known?.key === key) return known.node;
  const node = build();
  if (known) node.classList.add("changed");
  kept.set(id, { key, node });
  return node;
}

const together = (a, b) => Boolean(a && b) && !eventText(a) && !eventText(b) && author(a, state.bot).id === author(b, state.bot).id &&
  b.date - a.date < 300 && a.message_thread_id === b.message_thread_id && dayName(a.date) === dayName(b.date);

function welcome(place) {
  const face = make("span", { class: "avatar large", "aria-hidden": "true" });
  paintAvatar(face, titleOf(place), colourOf(place));
  const begin = place.type === "private"
    ? make("button", { type: "button", class: "start", data: { testid: "start-button" }, text: "Start", on: { click: () => write.say("/start") } }) : null;
  return make("li", { class: "welcome" }, face, make("h3", { text: titleOf(place) }),
    make("p", { text: place.type === "private" ? state.bot.description || "Say hello, or press Start." : "Nothing here yet." }), begin);
}

// ---- what the nodes can do

const act = {
  openLink(event, url) {
    const deep = url.match(/^https?:\/\/t\.me\/(\w+)\?start=([\w-]{1,64})$/i);
    if (!deep || deep[1].toLowerCase() !== state.bot.username.toLowerCase()) return;
    event.preventDefault();
    openChat(state.user.id).then(() => write.say(`/start ${deep[2]}`));
  },
  command: (text) => write.say(text),
  copy: (text) => navigator.clipboard.writeText(text).then(() => toast("Copied")),
  enlarge,
  show(messageId) {
    const node = nodes.get(messageId)?.node;
    node?.scrollIntoView({ block: "center", behavior: "smooth" });
    node?.classList.remove("flash");
    requestAnimationFrame(() => node?.classList.add("flash"));
  },
  async press(node, message, button, row, column) {
    if (button.url) {
      const event = { preventDefault() { this.taken = true; } };
      act.openLink(event, button.url);
      if (!event.taken) window.open(button.url, "_blank", "noopener");
      return;
    }
    if (button.copy_text) { act.copy(button.copy_text.text); return; }
    node.classList.add("waiting");
    node.setAttribute("aria-busy", "true");
    try {
      const { press_id: id } = await post("tap", { user_id: state.user.id, chat_id: state.open, message_id: message.message_id, row, column });
      presses.set(id, node);
      setTimeout(() => presses.has(id) && settle(id, {}), 30000);
      if (state.early.has(id)) settle(id, state.early.get(id));
      state.early.delete(id);
    } catch (error) {
      node.classList.remove("waiting");
      node.removeAttribute("aria-busy");
      toast(error.message);
    }
  },
  menu(anchor, message) {
    const own = isMine(message);
    popup(anchor, [
      ["Reply", () => write.reply(message, author(message, state.bot).name, summary(message))],
      ["Copy text", () => act.copy(message.text ?? message.caption ?? "")],
      own && message.text ? ["Edit", () => write.edit(message)] : null,
      own || chat().type === "private" || ["creator", "administrator"].includes(chat().role) ? ["Delete", () => attempt("delete", { message_id: message.message_id })] : null,
    ]);
  },
};

const attempt = (what, body) => post(what, { user_id: state.user.id, chat_id: state.open, ...body }).catch((error) => { toast(error.message); throw error; });
const write = composer({ attempt, topic: () => state.topic });

byId("back").addEventListener("click", () => { document.body.dataset.view = "list"; });
byId("pinned").addEventListener("click", () => act.show(chat().pinned));
byId("jump").addEventListener("click", () => toEnd(true));
byId("chat-menu").addEventListener("click", (event) => {
  const place = chat();
  const entries = place.type === "private"
    ? [[place.blocked ? "Unblock bot" : "Block bot", () => attempt("block", { blocked: !place.blocked })]]
    : place.type === "group" && place.role === "creator" ? [["Upgrade to supergroup", () => attempt("migrate", {})]] : [];
  popup(event.currentTarget, [...entries, ["Copy chat id", () => act.copy(String(place.id))]]);
});
scroll.addEventListener("scroll", () => {
  const unread = chat()?.unread ?? 0;
  stick = atEnd();
  byId("jump").hidden = atEnd();
  byId("jump-count").hidden = !unread;
  byId("jump-count").textContent = unread;
  if (unread && atEnd()) markRead();
});
const sizes = new ResizeObserver(() => { if (stick) toEnd(); }); // a picture that loads must not push the end away
sizes.observe(scroll);
sizes.observe(byId("messages"));

start().catch((error) => toast(error.message));
