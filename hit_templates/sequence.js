// One item after another: answer buttons with keys, back and forth, on to the next by itself.

import { answer, answerTo, begin, items, preview, whenChanged } from "./assignment.js";
import { dialogIsOpen, prepareDialogs } from "./dialogs.js";

const byId = (id) => document.getElementById(id);
const buttons = [...document.querySelectorAll("[data-answer]")];
const count = byId("count");
let here = 0;
let show = () => {};
let rest = () => null;

export const current = () => items[here];

// `showItem(item, answer)` puts an item on the page; `onKey(event)` may take keys first and return true;
// `onceAnswered()` tells what else is to be done when every item has its answer, as {text, go}, or null;
// `onShortcut(event)` is the same as `onKey` with Ctrl, Meta or Alt held, which is the browser's otherwise.
export function runSequence(showItem, onKey = () => false, onceAnswered = () => null, onShortcut = () => false) {
  show = showItem;
  rest = onceAnswered;
  for (const button of buttons) {
    button.disabled = preview;
    button.addEventListener("click", () => giveAnswer(JSON.parse(button.dataset.answer)));
  }
  byId("back").addEventListener("click", () => goTo(here - 1));
  byId("forth").addEventListener("click", () => goTo(here + 1));
  addEventListener("keydown", (event) => key(event, onKey, onShortcut));
  whenChanged(refresh);
  begin({ missing, inView: () => (dialogIsOpen() ? [] : [current()]) });
  prepareDialogs();
  goTo(Math.max(0, items.findIndex(open)));
}

export function giveAnswer(value) {
  if (preview || (didNotLoad() && !isUnsure(value))) return;
  answer(current(), value);
  const next = nextOpen();
  if (next) goTo(items.indexOf(next));
  else byId("submit").focus();
}

// Of a picture that nobody can see nothing is known but that.
const didNotLoad = () => document.querySelector(".stage .broken");
const isUnsure = (value) => value === "unsure" || value?.none === "unsure";

const open = (item) => answerTo(item) === undefined;
const nextOpen = () => [...items.slice(here), ...items.slice(0, here)].find(open);

function missing() {
  const left = items.filter(open).length;
  if (!left) return rest();
  return { text: `${left} to go`, go: () => goTo(items.indexOf(nextOpen())) };
}

function goTo(index) {
  here = Math.max(0, Math.min(items.length - 1, index));
  show(current(), answerTo(current()));
  refresh();
  // The next picture is fetched while this one is judged.
  const next = items[here + 1];
  for (const address of next ? [next.picture, next.other] : []) if (address) new Image().src = address;
}

function refresh() {
  const given = JSON.stringify(answerTo(current()));
  for (const button of buttons) {
    const canonical = JSON.stringify(JSON.parse(button.dataset.answer));
    button.setAttribute("aria-pressed", canonical === given);
  }
  byId("back").disabled = here === 0;
  byId("forth").disabled = here === items.length - 1;
  byId("progress").value = items.length - items.filter(open).length;
  count.textContent = `${here + 1} of ${items.length}`;
}

function key(event, onKey, onShortcut) {
  const elsewhere = event.target.matches("textarea") || dialogIsOpen();
  const itsOwn = event.target.matches("button, summary, a") && (event.key === "Enter" || event.key === " ");
  // A held Enter would press one button after the other, "Submit" at last.
  if (itsOwn && event.key === "Enter" && event.repeat) event.preventDefault();
  if (elsewhere || itsOwn) return;
  const shortcut = event.ctrlKey || event.metaKey || event.altKey;
  const taken = shortcut ? onShortcut(event) : onKey(event) || (!event.repeat && pressed(event));
  if (taken) event.preventDefault();
}

function pressed(event) {
  const name = event.key.toLowerCase();
  if (name === "backspace" || name === "arrowleft") goTo(here - 1);
  else if (name === "arrowright") goTo(here + 1);
  else {
    const button = document.querySelector(`[data-key="${CSS.escape(name)}"]`);
    button?.click();
    return Boolean(button);
  }
  return true;
}
