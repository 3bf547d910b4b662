// entry_test: known photos, one after another; then what experts say of them; then the submission.

import { answer, answerTo, documentNow, items, note, noted, whenChanged } from "../assignment.js";
import { Picture } from "../picture.js";
import { current, runSequence } from "../sequence.js";
import { zoomable } from "../zoom.js";

const SAID = { yes: "shows it", no: "does not show it", unsure: "cannot be told" };
const byId = (id) => document.getElementById(id);
const picture = new Picture(byId("photo"));
const zoomKey = zoomable(picture);
const result = byId("result");
const told = byId("told");
let marking = false;

const isRight = (item) => answerTo(item) === (noted("marked").truth[item.key] ?? answerTo(item));

function show(item) {
  picture.show(item.picture, item.width, item.height, `Photo ${items.indexOf(item) + 1}`);
  tell(item);
}

function tell(item) {
  told.textContent = verdict(item);
  told.hidden = !told.textContent;
}

function verdict(item) {
  const truth = noted("marked")?.truth[item.key];
  if (truth) return `${isRight(item) ? "✓ Right" : "✗ Not so"}: experts say that it ${SAID[truth]}.`;
  if (noted("marked") || !noted("unmarked")) return "";
  return "Your answers could not be compared just now. Submit them all the same: you are paid, and your score comes with the pay.";
}

// The truth is not in the page: it comes once the answers are given for good.
async function mark() {
  if (marking) return;
  marking = true;
  try {
    const reply = await fetch("/marks", { method: "POST", body: JSON.stringify(documentNow()) });
    if (!reply.ok) throw new Error(`HTTP ${reply.status}`);
    const marked = await reply.json();
    for (const item of items) answer(item, marked.answers[item.key]);
    note("marked", marked);
    showResult();
  } catch {
    note("unmarked", true);
  } finally {
    marking = false;
  }
}

function showResult() {
  const { needed } = noted("marked");
  const right = items.filter(isRight).length;
  const verdict = right >= needed ? "You pass." : `${needed} are needed to pass.`;
  byId("result-title").textContent = `${right} of ${items.length} as experts say. ${verdict}`;
  byId("papers").replaceChildren(...items.map(paper));
  result.showModal();
}

function paper(item) {
  const row = document.createElement("li");
  row.className = isRight(item) ? "right" : "wrong";
  const photo = new Image();
  photo.src = item.picture;
  photo.alt = `Photo ${items.indexOf(item) + 1}`;
  const words = document.createElement("p");
  const truth = noted("marked").truth[item.key] ?? answerTo(item);
  words.textContent = isRight(item)
    ? `✓ It ${SAID[truth]}: you are right.`
    : `✗ It ${SAID[truth]}. You said that it ${SAID[answerTo(item)]}.`;
  row.append(photo, words);
  return row;
}

function rest() {
  if (noted("marked") || noted("unmarked")) return null;
  return { text: "See how you did", go: mark };
}

function lock() {
  tell(current());
  if (noted("marked")) for (const button of document.querySelectorAll("[data-answer]")) button.disabled = true;
}

byId("seen-result").addEventListener("click", () => result.close());
result.addEventListener("close", () => byId("submit").focus());
whenChanged(lock);
runSequence(show, zoomKey, rest);
