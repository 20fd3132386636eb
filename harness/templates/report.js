// Filters; without scripts the page shows everything.
(() => {
  const text = document.getElementById("text");
  const buttons = [...document.querySelectorAll("[data-verdict]")];
  const cards = [...document.querySelectorAll(".card")];
  const shown = document.getElementById("shown");
  const none = document.getElementById("none");
  const pressed = (button) => button.getAttribute("aria-pressed") === "true";

  function apply() {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = buttons.filter(pressed).map((button) => button.dataset.verdict);
    let count = 0;
    for (const card of cards) {
      const has = card.dataset.verdicts.split(" ");
      const fits = words.every((word) => card.dataset.words.includes(word))
        && (verdicts.length === 0 || verdicts.some((verdict) => has.includes(verdict)));
      card.hidden = !fits;
      if (fits) count += 1;
    }
    shown.textContent = count === cards.length ? "" : `${count} of ${cards.length} shown`;
    none.hidden = count > 0;
  }
  const toggle = (button) => button.setAttribute("aria-pressed", String(!pressed(button)));
  text.addEventListener("input", apply);
  for (const button of buttons) button.addEventListener("click", () => { toggle(button); apply(); });

  const areas = [...document.querySelectorAll(".area")];
  const uncovered = document.getElementById("uncovered");
  uncovered.addEventListener("click", () => {
    toggle(uncovered);
    document.body.classList.toggle("only-uncovered", pressed(uncovered));
    for (const area of areas) {
      area.hidden = pressed(uncovered) && area.dataset.uncovered === "0";
      if (pressed(uncovered)) area.open = true;
    }
  });
  document.getElementById("all-areas").addEventListener("click", () => {
    const open = areas.some((area) => !area.open);
    for (const area of areas) area.open = open;
  });

  // A link lands on something closed or filtered away: open what holds it.
  function reveal() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    target.hidden = false;
    for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    target.scrollIntoView();
  }
  addEventListener("hashchange", reveal);
  reveal();
})();
