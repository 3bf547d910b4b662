// label_images: mark the photos that show the synset; what is left unmarked does not.

import { answer, answerTo, begin, items, note, noted, preview, question, refresh, see, seen, whenChanged } from "../assignment.js";
import { prepareDialogs } from "../dialogs.js";
import { Grid } from "./grid.js";
import { LargeView } from "./large_view.js";

const none = document.getElementById("none");
const count = document.getElementById("count");
const progress = document.getElementById("progress");
const large = new LargeView();
const loaded = new Map(); // whether an item's photo came, once that is known

// Of a photo that did not load nothing can be said but that.
const lost = (item) => loaded.get(item) === false && !seen(item);
const lookOf = (item) => (lost(item) ? "report" : (answerTo(item) ?? "no"));

const grid = new Grid(document.getElementById("grid"), items, {
  locked: preview,
  lookOf,
  mark: (item, look) => lost(item) || answer(item, look === "no" ? undefined : look),
  saw: (item) => loaded.get(item) && see(item),
  arrived(item, well) {
    loaded.set(item, well);
    refresh();
  },
  pointedAt: (item) => large.show(item),
  enlarge: (item) => large.open(item),
});

const marked = (look) => items.filter((item) => lookOf(item) === look);
const waiting = () => items.filter((item) => !seen(item) && lookOf(item) !== "report");

function missing() {
  const left = waiting();
  if (left.length) return { text: `${left.length} photo${left.length === 1 ? "" : "s"} to go`, go: () => grid.goTo(left[0]) };
  if (!marked("yes").length && !noted("none")) return { text: "Mark some, or “None”", go: () => none.focus() };
  return null;
}

function show() {
  const yes = marked("yes").length;
  const aside = [
    [marked("unsure").length, "not sure"],
    [marked("report").length, "reported"],
  ];
  const extras = aside.filter(([number]) => number).map(([number, what]) => ` · ${number} ${what}`);
  progress.value = items.length - waiting().length;
  count.textContent = `${yes} show it${extras.join("")} · ${items.filter(seen).length}/${items.length} seen`;
  none.disabled = preview || yes > 0;
  none.checked = noted("none") && yes === 0;
  grid.refresh();
}

none.addEventListener("change", () => note("none", none.checked));
whenChanged(show);
document.getElementById("meaning").open = matchMedia("(min-width: 48rem)").matches || Boolean(question.reminder);
begin({ missing, inView: () => grid.inView(), closing: lookOf });
prepareDialogs();
