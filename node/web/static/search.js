// Suggestions under the search box: an editable combobox with a list (WAI-ARIA Authoring Practices). Without scripts
// the box is a box. Nothing is stored, and nothing is asked of any other machine.
const input = document.querySelector("input[data-suggest]");
const filters = document.querySelector("details.filters");
if (filters && !CSS.supports("selector(::details-content)") && matchMedia("(min-width: 60rem)").matches) filters.open = true;
if (input) combobox(input);

function combobox(input) {
  const list = document.createElement("ul");
  const told = document.createElement("p");
  const known = new Map();
  let active = -1;
  let asking = null;
  let timer = 0;

  Object.assign(list, { id: "suggestions", className: "suggestions", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.dataset.label);
  told.className = "visually-hidden";
  told.setAttribute("role", "status");
  told.setAttribute("aria-live", "polite");
  input.after(list, told);
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false", "aria-haspopup": "listbox",
  })) input.setAttribute(name, value);

  function close() {
    list.hidden = true;
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    choose(-1);
  }

  function choose(place) {
    active = place;
    [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === place)));
    if (place < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", list.children[place].id);
    list.children[place].scrollIntoView({ block: "nearest" });
  }

  function show(answer) {
    list.replaceChildren(...answer.suggestions.map((one, at) => {
      const option = document.createElement("li");
      const text = document.createElement("bdi");
      const kind = document.createElement("span");
      option.id = `suggestion-${at}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.dataset.address = one.address;
      Object.assign(text, { textContent: one.text, lang: one.language });
      Object.assign(kind, { textContent: one.kind, className: "quiet" });
      option.append(text, " ", kind);
      return option;
    }));
    choose(-1);
    list.hidden = !answer.suggestions.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    told.textContent = answer.said;
  }

  function go(option) {
    const address = option.dataset.address;
    if (address.startsWith("/") && !address.startsWith("//")) location.assign(address);
  }

  async function ask() {
    const typed = input.value.trim().slice(0, 64);
    asking?.abort();
    if (typed.length < 2) return close();
    if (known.has(typed)) return show(known.get(typed));
    asking = new AbortController();
    try {
      const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(typed)}`, { signal: asking.signal });
      if (!answer.ok) return close();
      known.set(typed, await answer.json());
      if (document.activeElement === input && input.value.trim().slice(0, 64) === typed) show(known.get(typed));
    } catch {
      // left off for the next letter, or no connection: the box goes on being a box
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 150);
  });
  input.addEventListener("blur", () => {
    clearTimeout(timer);
    asking?.abort();
    close();
  });
  input.addEventListener("keydown", (event) => {
    const count = list.children.length;
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      return close();
    }
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowDown" && list.hidden) return void ask();
    if (list.hidden || !count) return;
    const next = {
      ArrowDown: active + 1 < count ? active + 1 : -1,
      ArrowUp: active < 0 ? count - 1 : active - 1,
      ...(active < 0 ? {} : { Home: 0, End: count - 1 }),
    }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      choose(next);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      go(list.children[active]);
    }
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) go(option);
  });
}
