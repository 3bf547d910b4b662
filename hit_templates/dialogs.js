// The instructions, shown by themselves the first time and at hand ever after, and the quiz that follows.

import { note, noted, question, quizOpen, quizShownBy } from "./assignment.js";

const instructions = document.getElementById("instructions");
const quiz = document.getElementById("quiz");
const start = instructions.querySelector("[data-close]");
const seenName = `instructions:${question.kind}`;

function seenBefore() {
  try {
    return localStorage.getItem(seenName) !== null;
  } catch {
    return false;
  }
}

function remember() {
  try {
    localStorage.setItem(seenName, "1");
  } catch {
    // They will be shown again next time: no harm.
  }
}

export const dialogIsOpen = () => document.querySelector("dialog[open]") !== null;

export function showInstructions() {
  if (dialogIsOpen()) return;
  instructions.showModal();
  start.focus({ preventScroll: true });
}

function showQuiz() {
  if (quiz && !dialogIsOpen()) quiz.showModal();
}

export function prepareDialogs() {
  document.getElementById("how").addEventListener("click", showInstructions);
  addEventListener("keydown", (event) => {
    if (event.key === "?" && !event.target.matches("textarea")) showInstructions();
  });
  start.addEventListener("click", () => instructions.close());
  instructions.addEventListener("close", afterInstructions);
  if (quiz) prepareQuiz();
  if (!seenBefore() || question.reminder || quizOpen()) showInstructions();
}

function afterInstructions() {
  remember();
  if (quizOpen()) showQuiz();
}

function prepareQuiz() {
  quizShownBy(showQuiz);
  const button = document.getElementById("answer-quiz");
  const chosen = () => quiz.querySelector("input:checked");
  quiz.addEventListener("change", () => {
    button.disabled = false;
    button.textContent = "That is it";
  });
  button.addEventListener("click", () => {
    const { right } = question.quiz;
    const missed = quizOpen() && right !== null && Number(chosen().value) !== right;
    if (quizOpen()) note("quiz", Number(chosen().value));
    if (missed) tellRight(noted("quiz"), button);
    else quiz.close();
  });
  document.getElementById("reread").addEventListener("click", () => {
    quiz.close();
    showInstructions();
  });
}

// The first choice is what is sent; whoever chose wrongly learns before the first photo what is meant.
function tellRight(chosen, button) {
  const { choices, names, right } = question.quiz;
  quiz.querySelectorAll(".choice").forEach((choice, index) => {
    choice.classList.toggle("right", index === right);
    choice.classList.toggle("wrong", index === chosen);
    choice.querySelector("input").disabled = true;
  });
  const said = document.createElement("p");
  said.textContent = `Not quite. What you chose says what “${names[chosen]}” means. Here “${names[right]}” is meant: ${choices[right]}. Mark the photos that show this.`;
  document.getElementById("quiz-told").replaceChildren(said);
  for (const id of ["quiz-why", "reread"]) document.getElementById(id).hidden = true;
  quiz.scrollTop = 0;
  button.textContent = "I see, go on";
}
