// label_images: mark the photos that show the synset; what is left unmarked does not.

import { answer, answerTo, begin, items, note, noted, preview, question, see, seen, whenChanged } from "../assignment.js";
import { prepareDialogs } from "../dialogs.js";
import { Grid } from "./grid.js";
import { LargeView } from "./large_view.js";

const none = document.getElementById("none");
const count = document.getElementById("count");
const progress = document.getElementById("progress");
const large = new LargeView();

const grid = new Grid(document.getElementById("grid"), items, {
  locked: preview,
  lookOf: (item) => answerTo(item) ?? "no",
  mark: (item, look) => answer(item, look === "no" ? undefined : look),
  saw: see,
  pointedAt: (item) => large.show(item),
  enlarge: (item) => large.open(item),
});

const marked = (look) => items.filter((item) => answerTo(item) === look);
const unseen = () => items.filter((item) => !seen(item));

function missing() {
  const left = unseen();
  if (left.length) return { text: `${left.length} photo${left.length === 1 ? "" : "s"} to go`, go: () => grid.goTo(left[0]) };
  if (!marked("yes").length && !noted("none")) return { text: "Mark some, or “None”", go: () => none.focus() };
  return null;
}

function show() {
  const yes = marked("yes").length;
  const looked = items.length - unseen().length;
  const aside = [
    [marked("unsure").length, "not sure"],
    [marked("report").length, "reported"],
  ];
  const extras = aside.filter(([number]) => number).map(([number, what]) => ` · ${number} ${what}`);
  progress.value = looked;
  count.textContent = `${yes} show it${extras.join("")} · ${looked}/${items.length} seen`;
  none.disabled = preview || yes > 0;
  none.checked = noted("none") && yes === 0;
  grid.refresh();
}

none.addEventListener("change", () => note("none", none.checked));
whenChanged(show);
document.getElementById("meaning").open = matchMedia("(min-width: 48rem)").matches || Boolean(question.reminder);
begin({ missing, inView: () => grid.inView(), closing: (item) => answerTo(item) ?? "no" });
prepareDialogs();
