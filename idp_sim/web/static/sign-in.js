// Filter boxes and a line that says what is chosen. The page works without this file.
"use strict";
(() => {
  const form = document.getElementById("sign-in-form");
  const output = document.getElementById("choice");
  const bases = [...form.querySelectorAll("input[name=base]")];
  const picked = (name) => form.querySelector(`input[name=${name}]:checked`);

  function chosen() {
    const scenario = picked("scenario");
    if (bases.length) {
      const allowed = scenario.dataset.bases;
      for (const base of bases) base.disabled = Boolean(allowed) && !allowed.split(" ").includes(base.value);
      if (picked("base").disabled) bases.find((base) => !base.disabled).checked = true;
    }
    const [name, id] = output.children;
    say(name, picked("person").parentElement.querySelector(".name").textContent);
    say(id, scenario.value);
  }

  // Only what differs is written: at first nothing does, and the page need not be laid out again.
  function say(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function filter(box, list, none) {
    const groups = [...list.querySelectorAll("fieldset")];
    let items;
    box.addEventListener("input", () => {
      items ??= [...list.querySelectorAll("li")].map((item) => [item, item.textContent.toLowerCase()]);
      const words = box.value.toLowerCase().split(/\s+/);
      let found = 0;
      for (const [item, text] of items) {
        item.hidden = !words.every((word) => text.includes(word));
        found += !item.hidden;
      }
      for (const group of groups) group.hidden = !group.querySelector("li:not([hidden])");
      none.hidden = found > 0;
    });
    // Enter chooses the first that is left, and only then, pressed there, signs in.
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !box.value) return;
      event.preventDefault();
      const first = list.querySelector("li:not([hidden]) input");
      if (first) { first.checked = true; first.focus(); chosen(); }
    });
  }

  filter(document.getElementById("filter-people"), document.getElementById("people"), document.getElementById("no-people"));
  filter(document.getElementById("filter-scenarios"), document.getElementById("scenarios"), document.getElementById("no-scenarios"));
  form.addEventListener("change", chosen);
  addEventListener("pageshow", chosen);
})();
