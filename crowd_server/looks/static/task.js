// An accepted HIT: how much time is left, and what happens once the task has been handed in.
const task = document.querySelector("[data-state-url]");
const timer = document.querySelector(".timer");
const clock = timer.querySelector("strong");
const word = document.querySelector("#time-left");
const over = document.querySelector("#time-over");
const WARNINGS = [[300, "5 minutes left."], [60, "1 minute left. Submit soon."]];

// The server's clock decides: count from how much it says is left, and ask again now and then, as this machine
// may have been asleep.
let end = Date.now() + Number(timer.dataset.seconds) * 1000;
let left = Math.floor(Number(timer.dataset.seconds));
let finished = false;

function written(seconds) {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours >= 24 ? `${Math.floor(hours / 24)} d ${hours % 24} h`
    : (hours ? `${hours}:${two(minutes)}` : minutes) + ":" + two(seconds % 60);
}

function spoken(seconds) {
  const parts = [["hour", Math.floor(seconds / 3600)], ["minute", Math.floor(seconds / 60) % 60], ["second", seconds % 60]];
  const [first = "no time", second] = parts.filter(([, number]) => number)
    .map(([name, number]) => `${number} ${name}${number === 1 ? "" : "s"}`);
  return second && seconds < 3600 * 24 ? `${first} ${second}` : first;
}

// On arrival, what is left; after that only when a warning is due.
word.textContent = `${spoken(left)} left.`;

function tick() {
  const before = left;
  left = Math.max(0, Math.floor((end - Date.now()) / 1000));
  clock.textContent = written(left);
  timer.classList.toggle("soon", left <= 300);
  timer.classList.toggle("over", left <= 60);
  for (const [at, text] of WARNINGS) if (before > at && left <= at && left > 0) word.textContent = text;
  if (left === 0) over.hidden = false;
  else setTimeout(tick, (end - Date.now()) % 1000 + 20);
}
tick();

// The frame is another origin's and tells nothing. When it has loaded a page, ask the server whether that
// was the task being handed in.
async function look() {
  if (finished) return;
  const reply = await fetch(task.dataset.stateUrl, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!reply?.ok || reply.redirected || finished) return;
  const { state, left: seconds } = await reply.json();
  if (state === "accepted") {
    end = Date.now() + seconds * 1000;
    return;
  }
  finished = true;
  if (state !== "abandoned") sessionStorage.removeItem(`draft ${task.dataset.draft}`);
  const goOn = document.querySelector("#auto-accept").ariaPressed === "true";
  if (state === "abandoned") over.hidden = false; // what was written stays to be seen
  else if (state === "submitted" && goOn) document.querySelector("#next").submit();
  else location.reload();
}
task.addEventListener("load", look);
document.addEventListener("visibilitychange", () => document.hidden || look());
look();

// Reloading the page would reload the task, so the switch is turned without.
const form = document.querySelector("#auto-accept-form");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = document.querySelector("#auto-accept");
  const on = button.ariaPressed !== "true";
  form.elements.on.value = on ? "yes" : "no";
  const reply = await fetch(form.action, { method: "POST", body: new FormData(form) });
  if (new URL(reply.url).pathname !== form.elements.next.value) return;
  button.ariaPressed = String(on);
  word.textContent = on ? "The next HIT will be accepted for you." : "The next HIT will not be accepted by itself.";
});
