// A small bot, once written with grammY and once with telegraf: what it hears and says is the test's to judge.
// Usage: node bot.mjs grammy|telegraf BOT_API_URL TOKEN [WEBHOOK_PORT]
import { createServer } from "node:http";
import { createRequire } from "node:module";

const [library, api, token, port] = process.argv.slice(2);
const { Bot, InlineKeyboard, webhookCallback } = createRequire(import.meta.url)("grammy");
const { Telegraf, Markup } = createRequire(import.meta.url)("telegraf");
setTimeout(() => process.exit(3), 60_000).unref(); // never left behind

const inline = (label, data) =>
  library === "grammy"
    ? new InlineKeyboard().text(label, data)
    : Markup.inlineKeyboard([Markup.button.callback(label, data)]).reply_markup;

async function member(bot, chat, user) {
  return library === "grammy" ? bot.api.getChatMember(chat, user) : bot.telegram.getChatMember(chat, user);
}

function teach(bot) {
  bot.command("start", (ctx) => ctx.reply(`Hello <b>${ctx.from.first_name}</b>`, { parse_mode: "HTML", reply_markup: inline("More", "more") }));
  bot.command("role", async (ctx) => ctx.reply((await member(bot, ctx.chat.id, ctx.from.id)).status));
  bot.on("callback_query", async (ctx) => {
    await (library === "grammy" ? ctx.answerCallbackQuery({ text: "Taken" }) : ctx.answerCbQuery("Taken"));
    await ctx.editMessageText(`You tapped ${ctx.callbackQuery.data}`);
  });
  bot.on("message", (ctx) => ctx.reply(`You said ${ctx.message.text}`, { reply_parameters: { message_id: ctx.message.message_id } }));
}

if (library === "grammy") {
  const bot = new Bot(token, { client: { apiRoot: api } });
  teach(bot);
  await bot.api.setMyCommands([{ command: "start", description: "Begin" }]);
  if (port) {
    await bot.init();
    createServer(webhookCallback(bot, "http")).listen(Number(port), "127.0.0.1");
    await bot.api.setWebhook(`http://127.0.0.1:${port}/`);
  } else bot.start({ onStart: () => console.log("ready") });
} else {
  const bot = new Telegraf(token, { telegram: { apiRoot: api, webhookReply: true } });
  teach(bot);
  await bot.telegram.setMyCommands([{ command: "start", description: "Begin" }]);
  if (port) {
    const hook = await bot.createWebhook({ domain: `http://127.0.0.1:${port}`, path: "/hook" }).catch(() => null);
    createServer(hook ?? bot.webhookCallback("/hook")).listen(Number(port), "127.0.0.1");
    await bot.telegram.setWebhook(`http://127.0.0.1:${port}/hook`);
  } else bot.launch(() => console.log("ready"));
}
if (port) console.log("ready");
