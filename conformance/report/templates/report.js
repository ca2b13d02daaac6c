"use strict";
const text = document.getElementById("text");
const boxes = [...document.querySelectorAll("input[name=verdict]")];
const cases = [...document.querySelectorAll(".case")].map((element) => ({
  element,
  verdict: element.dataset.verdict,
  words: [...element.querySelectorAll(":scope > summary, .reason, dl")].map((part) => part.textContent).join(" ")
    .toLowerCase(),
}));

function filter() {
  const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const one of cases) {
    const fits = wanted.has(one.verdict) && words.every((word) => one.words.includes(word));
    one.element.hidden = !fits;
    shown += fits;
  }
  for (const group of document.querySelectorAll(".group")) {
    group.hidden = !group.querySelector(".case:not([hidden])");
  }
  document.getElementById("nothing").hidden = shown > 0;
  document.getElementById("shown").textContent = `${shown} of ${cases.length} shown`;
}

function follow() {
  const linked = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (linked && linked.matches(".case")) {
    linked.open = true;
    linked.scrollIntoView();
  }
}

document.getElementById("filter").addEventListener("submit", (event) => event.preventDefault());
document.getElementById("filter").addEventListener("input", filter);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && event.target !== text) {
    event.preventDefault();
    text.focus();
  }
});
window.addEventListener("hashchange", follow);
filter();
follow();
