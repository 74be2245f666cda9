// Saves a draft while it is written. Without scripts the button does it. What could not be sent stays in this browser,
// under the draft and the person, until it was; it then goes with the version that it was made from, so that the server
// can put two texts side by side.
const form = document.querySelector("form[data-autosave]");
if (form) edit(form);

function edit(form) {
  const PAUSE = 1200;
  const key = `wasl-draft:${form.dataset.key}`;
  const status = form.querySelector("[data-status]");
  const at = form.querySelector("[data-at]");
  const words = status.dataset;
  const apart = new Set();
  let timer = 0, sending = false, again = false, leaving = false, last = "";

  count();
  showTime(Number(at.dataset.at));
  last = fingerprint();
  const kept = restore();
  if (kept) send(kept);
  form.addEventListener("input", () => { count(); keep(); soon(); });
  form.addEventListener("change", () => { if (fingerprint() !== last) { keep(); soon(); } });
  form.addEventListener("submit", () => { leaving = true; clearTimeout(timer); for (const path of apart) hidden("apart", path); });
  addEventListener("online", () => send());

  function soon() { clearTimeout(timer); timer = setTimeout(() => send(), PAUSE); }

  function pairs() {
    return [...new FormData(form)].filter(([name]) => name !== "form_token" && name !== "do" && !name.startsWith("file"));
  }

  // With the fields of which this page knows that another text stands in them: they go beside it, never over it.
  function all() { return [...pairs(), ...[...apart].map(path => ["apart", path])]; }

  async function send(old) {
    if (leaving) return;
    if (sending) { again = true; return; }
    const body = new URLSearchParams(old || all());
    body.append("form_token", form.elements.form_token.value);
    const sent = fingerprint();
    sending = true;
    if (!old) say(words.saving);
    let answer;
    try {
      answer = await fetch(form.dataset.autosave, { method: "POST", body, redirect: "manual", credentials: "same-origin" });
    } catch {
      sending = false;
      say(words.offline, true);
      clearTimeout(timer); timer = setTimeout(() => send(old), 15000);
      return;
    }
    sending = false;
    if (answer.status === 413) return say(words.large, true);
    const json = (answer.headers.get("Content-Type") || "").includes("json") ? await answer.json() : null;
    if (!json) return say(words.out, true, words.in, form.dataset.signIn);
    if (!answer.ok) return say(json.said, true);
    if (old) { forget(); leaving = true; sessionStorage.setItem(key, "restored"); return location.reload(); }
    form.elements.version.value = json.version;
    showTime(json.at);
    last = sent;
    for (const path of json.conflicts) apart.add(path);
    if (fingerprint() === sent) forget();
    if (apart.size) say(words.conflict, true, words.reload, location.pathname);
    else say(json.progress);
    if (again) { again = false; soon(); }
  }

  function fingerprint() { return JSON.stringify(pairs().filter(([name]) => name.startsWith("f."))); }
  function keep() { try { localStorage.setItem(key, JSON.stringify(all())); } catch { /* no room: the server has it soon */ } }
  function forget() { try { localStorage.removeItem(key); } catch { /* nothing was kept */ } }

  function restore() {
    try {
      if (sessionStorage.getItem(key)) { sessionStorage.removeItem(key); say(words.restored); }
      const found = JSON.parse(localStorage.getItem(key) || "null");
      if (!Array.isArray(found)) return null;
      const tab = found.find(([name]) => name === "tab")?.[1];
      if (document.cookie.split("; ").includes(`wasl-saved=${tab}`)) { forget(); return null; }
      const here = new Map(pairs().filter(([name]) => name.startsWith("f.")).map(pair => [pair.join("\n"), 1]));
      const same = found.filter(([name]) => name.startsWith("f.")).every(pair => here.has(pair.join("\n")));
      if (same) { forget(); return null; }
      return found;
    } catch { return null; }
  }

  function hidden(name, value) {
    const input = Object.assign(document.createElement("input"), { type: "hidden", name, value });
    form.append(input);
  }

  function say(text, trouble = false, link = "", where = "") {
    status.classList.toggle("trouble", trouble);
    status.textContent = text;
    if (!link) return;
    const anchor = Object.assign(document.createElement("a"), { href: where, textContent: link });
    status.append(" ", anchor);
  }

  function showTime(seconds) {
    const time = new Date(seconds * 1000).toLocaleTimeString("fr-MA", { hour: "2-digit", minute: "2-digit" });
    at.textContent = words.saved.replace("{time}", time);
  }

  function count() {
    for (const one of form.querySelectorAll(".length")) {
      const control = form.elements[one.dataset.for];
      const have = [...control.value.trim()].length;
      one.querySelector(".have").textContent = have;
      one.classList.toggle("long", have > Number(one.dataset.high));
      one.classList.toggle("short", have > 0 && have < Number(one.dataset.low));
    }
  }
}
