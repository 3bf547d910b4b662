// One assignment in the page: what is asked, what is answered so far, and the one submission.

import { Stopwatch } from "./stopwatch.js";

export const question = JSON.parse(document.getElementById("question").textContent);
export const { items } = question;
export const preview = question.lease === "" || !document.getElementById("submission").getAttribute("action");

const opened = Date.now();
const byId = (id) => document.getElementById(id);
const draftName = `draft:${question.lease}`;
forgetSubmitted();
const draft = { answers: {}, quiz: null, comment: "", none: false, seen: [], ...restored() };
const watchers = [];
const stopwatch = new Stopwatch(draft.time);
let todo = () => null;

// Storage is a convenience: a frame may forbid it, and the task has to work all the same.
function restored() {
  try {
    return preview ? null : JSON.parse(sessionStorage.getItem(draftName));
  } catch {
    return null;
  }
}

function save() {
  if (preview) return;
  draft.time = stopwatch.state();
  try {
    sessionStorage.setItem(draftName, JSON.stringify(draft));
  } catch {
    // Nothing to do: answers stay in the page.
  }
}

// Drafts stay until the crowd has surely taken the answer: when a later task is opened.
function forgetSubmitted() {
  try {
    for (const name of Object.keys(sessionStorage)) {
      const old = name.startsWith("draft:") && name !== draftName;
      if (old && JSON.parse(sessionStorage.getItem(name)).submitted) sessionStorage.removeItem(name);
    }
  } catch {
    // As above.
  }
}

export const answerTo = (item) => draft.answers[item.key];
export const seen = (item) => draft.seen.includes(item.key);

export function answer(item, value) {
  if (preview) return;
  stopwatch.settle();
  if (value === undefined) delete draft.answers[item.key];
  else draft.answers[item.key] = value;
  changed();
}

export function see(item) {
  if (preview || seen(item)) return;
  draft.seen.push(item.key);
  changed();
}

export const noted = (name) => draft[name];

export function note(name, value) {
  if (preview) return;
  draft[name] = value;
  changed();
}

export function whenChanged(watcher) {
  watchers.push(watcher);
}

function changed() {
  save();
  refresh();
}

// Begin. `missing()` tells what has to be done before submitting, as {text, go}, or null;
// `inView()` lists the items that the worker looks at now; `closing(item)` gives the answer that is sent.
export function begin({ missing, inView, closing = answerTo }) {
  todo = () => quizMissing() ?? missing();
  stopwatch.start(() => inView().map((item) => item.key));
  byId("comment").value = draft.comment;
  byId("comment").disabled = preview;
  byId("comment").addEventListener("input", (event) => note("comment", event.target.value));
  byId("submission").addEventListener("submit", (event) => submit(event, closing));
  addEventListener("pagehide", save);
  addEventListener("pageshow", refresh);
  showClock();
  setInterval(showClock, 10_000);
  refresh();
}

export function refresh() {
  for (const watcher of watchers) watcher();
  const button = byId("submit");
  button.disabled = preview;
  if (preview) return;
  const open = todo();
  button.textContent = open ? open.text : "Submit";
  button.classList.toggle("waiting", Boolean(open));
}

function submit(event, closing) {
  const open = todo();
  if (preview || open) {
    event.preventDefault();
    open?.go();
    return;
  }
  stopwatch.settle();
  draft.submitted = true;
  save();
  byId("answer").value = JSON.stringify(documentNow(closing));
  const button = byId("submit");
  button.textContent = "Submitting…";
  button.disabled = true;
}

export function documentNow(closing = answerTo) {
  return {
    schema: question.schema,
    kind: question.kind,
    lease: question.lease,
    active_seconds: stopwatch.seconds(),
    quiz: draft.quiz,
    comment: draft.comment,
    answers: items.map((item) => ({
      key: item.key,
      answer: closing(item),
      seconds: stopwatch.seconds(item.key),
    })),
  };
}

// The quiz on the definition, for a worker who is new to the synset.
export const quizOpen = () => Boolean(question.quiz) && draft.quiz === null && !preview;

let showQuiz = () => {};
export const quizShownBy = (show) => (showQuiz = show);
const quizMissing = () => (quizOpen() ? { text: "Answer the question first", go: () => showQuiz() } : null);

function showClock() {
  const left = preview ? question.seconds_allowed : question.seconds_left - (Date.now() - opened) / 1000;
  const clock = byId("clock");
  const minutes = Math.max(0, Math.ceil(left / 60));
  clock.textContent = preview ? `${minutes} min allowed` : left > 0 ? `${minutes} min left` : "Time is up";
  const pressing = !preview && left < 300;
  if (pressing && !clock.hasAttribute("role")) clock.setAttribute("role", "alert");
  clock.classList.toggle("pressing", pressing);
}
