// Filter boxes, the list of scenarios and a line that says what is chosen. The pages work without this file.
"use strict";
(() => {
  const form = document.querySelector(".desk form");
  const output = document.getElementById("choice");
  const field = document.getElementById("scenario");
  const list = document.getElementById("scenarios");
  const bases = [...form.querySelectorAll("input[name=base]")];
  const picked = (name) => form.querySelector(`input[name=${name}]:checked`);
  const listed = () => [...list.querySelectorAll("input")];

  function chosen() {
    let allowed;
    for (const radio of listed()) {
      radio.checked = radio.value === field.value;
      if (radio.checked) allowed = radio.dataset.bases;
    }
    if (bases.length) {
      for (const base of bases) base.disabled = Boolean(allowed) && !allowed.split(" ").includes(base.value);
      if (picked("base").disabled) bases.find((base) => !base.disabled).checked = true;
    }
    if (!output) return;
    const [name, id] = output.children;
    say(name, picked("person").parentElement.querySelector(".name").textContent);
    say(id, field.value);
  }

  // Only what differs is written: at first nothing does, and the page need not be laid out again.
  function say(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  // The list is long, and most visits do without it: it is fetched when somebody looks for a scenario.
  let loading;
  function load() {
    loading ??= fetch(list.dataset.from).then((answer) => answer.text()).then((html) => {
      list.innerHTML = html;
      chosen();
    });
    return loading;
  }

  function filter(box, list, none) {
    const words = box.value.toLowerCase().split(/\s+/);
    let found = 0;
    for (const item of list.querySelectorAll("li")) {
      item.hidden = !words.every((word) => item.textContent.toLowerCase().includes(word));
      found += !item.hidden;
    }
    for (const group of list.querySelectorAll("fieldset")) group.hidden = !group.querySelector("li:not([hidden])");
    none.hidden = found > 0;
  }

  // Enter chooses the first that is left, and only then, pressed again, signs in: from a field of the form.
  function chooseFirst(list, event) {
    event.preventDefault();
    const first = list.querySelector("li:not([hidden]) input");
    if (!first) return;
    first.click();
    (first.form ? first : field).focus();
  }

  const people = document.getElementById("people");
  if (people) {
    const box = document.getElementById("filter-people");
    box.addEventListener("input", () => filter(box, people, document.getElementById("no-people")));
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && box.value) chooseFirst(people, event);
    });
  }

  const none = document.getElementById("no-scenarios");
  let pause;
  field.addEventListener("focus", () => field.select());
  field.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(async () => { await load(); chosen(); filter(field, list, none); }, 150);
    chosen();
  });
  field.addEventListener("keydown", (event) => {
    const known = listed();
    if (event.key === "Enter" && known.length && !known.some((radio) => radio.checked)) chooseFirst(list, event);
  });
  document.getElementById("show-scenarios").addEventListener("click", async () => { await load(); field.focus(); });

  form.addEventListener("change", (event) => {
    if (event.target.name === "listed") field.value = event.target.value;
    chosen();
  });
  addEventListener("pageshow", chosen);
})();
