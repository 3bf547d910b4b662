// Keeps what is written in a task that this site serves for a requester: in this tab, by worker and HIT, so that
// it is there again after a reload, and when the time was over and the HIT is accepted anew.
//
// The frame is a stranger. What it says is a string that nobody here reads: it is kept as it is, up to a limit,
// and given to a frame of the same HIT only. "null" is the origin of a page in its sandbox.
const frame = document.querySelector("iframe[data-draft]");
const place = `draft ${frame.dataset.draft}`;
const LONGEST = 100_000;

addEventListener("message", ({ source, origin, data }) => {
  if (source !== frame.contentWindow || origin !== "null") return;
  const draft = sessionStorage.getItem(place);
  if (data?.crowd === "ready" && draft) source.postMessage({ crowd: "draft", draft }, "*");
  if (data?.crowd === "draft" && typeof data.draft === "string" && data.draft.length <= LONGEST) {
    sessionStorage.setItem(place, data.draft);
  }
});
// The task may have been there first.
frame.contentWindow.postMessage({ crowd: "hello" }, "*");
