// The script of the pages. Every page works without it: what only a script can do is hidden until it is here.

for (const button of document.querySelectorAll("button[data-shows]")) {
  const input = document.getElementById(button.dataset.shows);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    button.setAttribute("aria-label", shown ? button.dataset.hide : button.dataset.show);
    input.focus();
  });
  // A password manager, and the next person, must find a password field.
  input.form.addEventListener("submit", () => (input.type = "password"));
}
