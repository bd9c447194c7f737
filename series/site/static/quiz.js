// A quiz without a server: the chosen answer's reason appears, and is read out by screen readers.
document.documentElement.classList.add("quiz-ready");
for (const form of document.querySelectorAll("form.quiz")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const answer = form.querySelector(".answer");
    const chosen = form.querySelector("input:checked");
    answer.replaceChildren();
    if (!chosen) {
      answer.textContent = form.dataset.choose;
      return;
    }
    answer.append(chosen.closest(".choice").querySelector(".reason").cloneNode(true));
  });
}
