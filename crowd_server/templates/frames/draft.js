"use strict";
// Hands what is written in a task to the page around it, which keeps it, and takes it back after a reload.
(() => {
  const site = new URL(document.currentScript.src).origin;
  const PRIVATE = ["hidden", "password", "file", "submit", "image", "button", "reset"].map((type) => `[type=${type}]`);
  const TYPED = `input[name]:not(${PRIVATE}), select[name], textarea[name]`;
  const fields = () => [...document.querySelectorAll(TYPED)];
  const key = (field) => `${field.type} ${field.name}`;
  const isTick = (field) => ["checkbox", "radio"].includes(field.type);
  let touched = false;

  function values(field) {
    if (isTick(field)) return field.checked ? [field.value] : [];
    return field.type === "select-multiple" ? [...field.selectedOptions].map((option) => option.value) : [field.value];
  }

  function put(field, given) {
    if (isTick(field)) field.checked = given.includes(field.value);
    else if (field.type === "select-multiple") for (const option of field.options) option.selected = given.includes(option.value);
    else if (given.length) field.value = given.shift();
    for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
  }

  function fill(draft) {
    const given = new Map();
    for (const [name, value] of draft) given.set(name, [...given.get(name) ?? [], value]);
    for (const field of fields()) put(field, given.get(key(field)) ?? []);
  }

  function keep(event) {
    touched ||= event.isTrusted;
    const draft = fields().flatMap((field) => values(field).map((value) => [key(field), value]));
    parent.postMessage({ crowd: "draft", draft: JSON.stringify(draft) }, site);
  }

  const ready = () => parent.postMessage({ crowd: "ready" }, site);
  addEventListener("message", ({ source, origin, data }) => {
    if (source !== parent || origin !== site) return;
    if (data.crowd === "hello") ready();
    if (data.crowd === "draft" && !touched) fill(JSON.parse(data.draft));
  });
  for (const name of ["input", "change"]) document.addEventListener(name, keep);
  addEventListener("load", ready);
})();
