// What a page gains with JavaScript: times in the reader's own zone, and a second thought before what cannot be undone.
const STYLES = {
  full: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" },
  clock: { hour: "2-digit", minute: "2-digit" },
  day: { day: "numeric", month: "short", year: "numeric" },
};

for (const time of document.querySelectorAll("time[data-style]")) {
  const moment = new Date(time.dateTime);
  time.title = moment.toISOString().replace("T", " ").slice(0, 19) + " UTC";
  time.textContent = moment.toLocaleString("en-GB", STYLES[time.dataset.style]);
}

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});
