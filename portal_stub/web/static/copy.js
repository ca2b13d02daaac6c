// Beside each value that is to be typed elsewhere a button that copies it. Without this script the values are text.
const said = document.createElement("p");
said.setAttribute("role", "status");
said.className = "copied";
document.querySelector("main").append(said);
for (const value of document.querySelectorAll(".copy")) {
  const button = document.createElement("button");
  const label = value.closest("div")?.querySelector("dt")?.textContent ?? value.getAttribute("aria-label");
  button.type = "button";
  button.className = "quiet small";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy: ${label}`);
  button.addEventListener("click", async () => {
    const range = document.createRange();
    range.selectNodeContents(value);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    try {
      await navigator.clipboard.writeText(value.textContent);
      said.textContent = `Copied: ${label}`;
    } catch {
      said.textContent = "It is selected: copy it with the keyboard.";
    }
  });
  value.after(button);
}
