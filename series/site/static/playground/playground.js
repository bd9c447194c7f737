// The page's side of the playground: forms, progress, answers. Models and tokenizer run in worker.mjs, which is started by the first click.
(() => {
  const script = document.currentScript;
  const settings = JSON.parse(document.getElementById("playground-settings").textContent);
  const { words, parts, labels } = settings;
  const tools = { ...settings.tools, several: settings.tools.sentiment }; // "several": texts with words left out, for no form of its own
  const MOST_PIECES = 32; // rows and columns of the attention table
  const MOST_WORDS = 40; // words that are left out one by one
  const AT_ONCE = 4; // shortened texts in one batch, so that a new question need not wait long
  const UNSURE = 0.6;
  const have = new Set(); // files that are loaded
  const waiting = new Map(); // id of a question -> what to do with its answer
  let worker = null;
  let last = 0;

  // ---------------------------------------------------------------- small helpers

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const number = (value, digits = 2) =>
    value.toLocaleString(settings.language, { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: "negative" }); // never −0
  const percent = (value) => `${number(100 * value, 1)}%`;
  const megabytes = (count) => `${number(count / 1e6, 1)} MB`;

  // An element with attributes and children; text is always text, never HTML.
  function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "style") Object.entries(value).forEach(([property, set]) => element.style.setProperty(property, set));
      else if (value !== false) element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children.map((child) => (child instanceof Node ? child : String(child))));
    return element;
  }

  function table(caption, head, rows, kind = "") {
    const cells = head.map((each) => (each instanceof Node ? each : make("th", { scope: "col" }, each)));
    const body = rows.map((row) => make("tr", {}, ...row.map((cell) => (cell instanceof Node && /^T[DH]$/.test(cell.tagName) ? cell : make("td", {}, cell)))));
    const made = make("table", { class: kind }, make("caption", {}, caption), make("thead", {}, make("tr", {}, ...cells)), make("tbody", {}, ...body));
    return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, made);
  }

  const bar = (share, kind = "") => make("span", { class: `bar ${kind}`, "aria-hidden": "true" }, make("span", { style: { width: `${100 * share}%` } }));
  const notes = (texts) => (texts.length ? [make("ul", { class: "warnings" }, ...texts.map((text) => make("li", {}, text)))] : []);
  const unreadNote = (unread) => (unread.length ? [fill(words.cut, { pieces: unread.slice(0, 12).join(" ") + (unread.length > 12 ? " …" : "") })] : []);

  // ---------------------------------------------------------------- questions and answers

  const missing = (tool) => tools[tool].flatMap((part) => parts[part]).filter(([name]) => !have.has(name));

  function start() {
    worker = new Worker(new URL("worker.mjs", script.src), { type: "module" });
    worker.addEventListener("message", ({ data }) => waiting.get(data.id)?.(data));
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      giveUp(event.message ?? "worker.mjs");
    });
    worker.postMessage({ settings: { parts, tools, max_seq_len: settings.max_seq_len }, base: new URL("../playground/", document.baseURI).href });
  }

  // What failed to load leaves traces (a program that half began, an import that is remembered as failed), so the next try gets a new worker.
  // What had arrived lies in the browser's cache.
  function giveUp(detail) {
    worker?.terminate();
    worker = null;
    have.clear();
    const asked = [...waiting.values()];
    waiting.clear();
    asked.forEach((settle) => settle({ error: "load", detail }));
  }

  // Ask the worker; onProgress gets bytes so far and bytes in all while something is loaded.
  function ask(tool, input, onProgress = () => {}) {
    const wanted = missing(tool);
    const total = wanted.reduce((sum, [, size]) => sum + size, 0);
    if (!worker) start();
    const id = ++last;
    return new Promise((resolve, reject) => {
      waiting.set(id, (data) => {
        if (data.counts) {
          onProgress(wanted.reduce((sum, [name]) => sum + (data.counts[name] ?? 0), 0), total);
          return;
        }
        waiting.delete(id);
        for (const part of data.ready ?? []) parts[part].forEach(([name]) => have.add(name));
        if (data.error) {
          if (data.error === "load" && worker) giveUp(data.detail);
          reject(Object.assign(new Error(data.detail), { kind: data.error }));
          return;
        }
        resolve(data.result);
      });
      worker.postMessage({ id, tool, input });
    });
  }

  function showSizes() {
    for (const form of document.querySelectorAll("form.tool")) {
      const size = missing(form.dataset.tool).reduce((sum, [, each]) => sum + each, 0);
      form.querySelector(".weight").textContent = size ? fill(words.loads, { size: megabytes(size) }) : words.ready;
    }
  }

  // ---------------------------------------------------------------- the five answers

  const kindOf = (token) => (token === "[UNK]" ? "unknown" : /^\[[A-Z]+\]$/.test(token) ? "special" : token.startsWith("##") ? "continues" : "");

  function showSubwords({ tokens, ids, words: found }, { text }, say) {
    const unknown = tokens.filter((token) => token === "[UNK]").length;
    say(fill(words.subwords_said, { pieces: tokens.length, unknown }));
    const items = tokens.map((token, at) =>
      make("li", { class: `piece ${kindOf(token)}` }, make("span", { class: "text" }, token), make("span", { class: "number" }, ids[at]),
        ...(token === "[UNK]" ? [make("span", { class: "number" }, words.unknown)] : [])));
    const list = make("ol", { class: "pieces", "aria-label": words.pieces }, ...items);
    const choices = found.map(({ word, steps }, at) => make("option", { value: at }, `${word} (${steps.length})`));
    if (!choices.length) return [list];
    const select = make("select", { id: "subwords-word" }, ...choices);
    const longest = found.reduce((best, each, at) => (each.steps.length > found[best].steps.length ? at : best), 0);
    select.value = String(longest);
    const place = make("div");
    const draw = () => place.replaceChildren(stepsTable(found[select.value]));
    select.addEventListener("change", draw);
    draw();
    return [list, make("p", { class: "choices" }, make("label", { for: "subwords-word" }, words.which_word), select), place];
  }

  function stepsTable({ word, steps }) {
    const rows = steps.map(({ rest, tried, found, id }, at) => [
      at + 1, rest, tried.length ? tried.slice(0, 6).join(", ") + (tried.length > 6 ? fill(words.and_more, { count: tried.length - 6 }) : "") : "–",
      found ?? make("td", { class: "unknown" }, words.none_fits), id ?? "–"]);
    return table(fill(words.steps_of, { word }), [words.step, words.rest, words.tried, words.longest_piece, words.number], rows, "steps");
  }

  function showPadding({ rows, ids, width, alone, together }, { mask }, say) {
    const far = Math.max(...alone.map((value, at) => Math.abs(value - together[at])));
    const filled = width - ids[0].length;
    say(filled === 0 ? words.no_padding : fill(far < 0.0005 ? words.logits_stay : words.logits_move, { difference: number(far, 3) }));
    const head = [words.sentence_short, ...Array.from({ length: width }, (_, at) => at)];
    const cells = rows.map((tokens, row) => [
      make("th", { scope: "row" }, row + 1),
      ...Array.from({ length: width }, (_, at) => {
        const text = at < tokens.length;
        const read = text || !mask ? 1 : 0;
        return make("td", { class: text ? kindOf(tokens[at]) : "padded" }, text ? tokens[at] : "[PAD]", make("span", { class: "number" }, fill(words.mask_value, { value: read })));
      })]);
    const logits = [[words.alone, alone], [mask ? words.with_mask : words.without_mask, together], [words.change, alone.map((value, at) => together[at] - value)]];
    return [
      table(words.grid, head, cells, "grid"),
      table(words.logits_of_first, ["", ...labels], logits.map(([name, values]) => [make("th", { scope: "row" }, name), ...values.map((value) => number(value, 3))]), "numbers"),
    ];
  }

  function showHiddenWord({ guesses, unread }, { text }, say) {
    if (!guesses.length) {
      say(unread.length ? words.mask_cut : words.mask_missing);
      return [];
    }
    say(guesses.map((each) => fill(words.guess_said, { word: each[0].word, share: percent(each[0].probability) })).join(" "));
    const tables = guesses.map((five, at) => table(
      guesses.length > 1 ? fill(words.guesses_number, { n: at + 1 }) : words.guesses, [words.place, words.word, words.probability],
      five.map(({ word, probability }, rank) => [rank + 1, make("th", { scope: "row" }, word), make("td", {}, bar(probability), percent(probability))]), "chances"));
    return [...notes(unreadNote(unread)), ...tables];
  }

  function showAttention({ tokens, unread, maps }, { form }, say) {
    const place = make("div");
    const draw = () => {
      const layer = Number(form.elements.layer.value);
      const head = Number(form.elements.head.value);
      const heads = maps[layer - 1];
      const weights = head ? heads[head - 1] : heads[0].map((row, at) => row.map((_, to) => heads.reduce((sum, each) => sum + each[at][to], 0) / heads.length));
      const rows = weights.map((row, at) => [
        make("th", { scope: "row" }, tokens[at]), ...row.map((weight) => make("td", { "data-heat": Math.min(9, Math.floor(10 * weight)) }, number(weight)))]);
      const caption = fill(head ? words.attention_of : words.attention_of_all, { layer, head });
      place.replaceChildren(table(caption, [words.reads, ...tokens], rows, "heat"));
      say(caption);
    };
    form.redraw = draw;
    draw();
    return [...notes(unread.length ? [fill(words.attention_cut, { most: MOST_PIECES })] : []), place];
  }

  function warningsOf({ probabilities, tokens, unread, unknown }) {
    const found = unreadNote(unread);
    const pieces = tokens.slice(1, -1);
    const lost = pieces.filter((token) => token === "[UNK]").length;
    if (!pieces.length || 2 * lost >= pieces.length) found.push(words.mostly_unknown);
    if (unknown.length) found.push(fill(words.unknown_words, { words: unknown.slice(0, 8).join(", ") }));
    const most = Math.max(...probabilities);
    if (most < UNSURE) found.push(fill(words.unsure, { share: percent(most), limit: percent(UNSURE) }));
    return found;
  }

  function showSentiment(result, { text, form }, say) {
    const { probabilities } = result;
    const best = probabilities.indexOf(Math.max(...probabilities));
    say(fill(words.sentiment_said, { label: labels[best], share: percent(probabilities[best]) }));
    const rows = labels.map((label, at) => [
      make("th", { scope: "row" }, label), make("td", { class: at === best ? "best" : "" }, bar(probabilities[at], label), percent(probabilities[at]))]);
    const place = make("div", { class: "left-out" });
    leaveOut(text, best, probabilities[best], place, form);
    return [...notes(warningsOf(result)), table(words.probabilities, [words.label, words.probability], rows, "chances"), place];
  }

  // As helpers.evaluation.word_importance: the text without one of its words, for each of them.
  async function leaveOut(text, label, whole, place, form) {
    const mine = form.latest;
    const all = text.split(/\s+/).filter(Boolean);
    const some = all.slice(0, MOST_WORDS);
    const changes = [];
    const busy = make("p", {}, words.leaving_out);
    place.replaceChildren(busy);
    while (changes.length < some.length) {
      const ahead = some.slice(changes.length, changes.length + AT_ONCE).map((_, at) => changes.length + at);
      const texts = ahead.map((gone) => all.filter((_, at) => at !== gone).join(" ") || "[MASK]");
      let answer;
      try {
        answer = await ask("several", { texts });
      } catch (error) {
        busy.textContent = fill(words.failed, { detail: error.message });
        return;
      }
      if (form.latest !== mine) return; // a newer text is on its way
      changes.push(...answer.probabilities.map((each) => whole - each[label]));
    }
    const most = Math.max(...changes.map(Math.abs), 1e-9);
    const rows = some.map((word, at) => [
      make("th", { scope: "row" }, word),
      make("td", {}, bar(Math.abs(changes[at]) / most, changes[at] < 0 ? "against" : "for"), `${changes[at] < 0 ? "−" : "+"}${number(Math.abs(100 * changes[at]), 1)}`)]);
    const caption = fill(words.left_out, { label: labels[label] });
    place.replaceChildren(table(caption, [words.word, words.points], rows, "chances"), ...notes(all.length > some.length ? [fill(words.only_words, { most: MOST_WORDS })] : []));
    place.dataset.changes = JSON.stringify(changes);
  }

  const shows = { subwords: showSubwords, padding: showPadding, "hidden-word": showHiddenWord, attention: showAttention, sentiment: showSentiment };

  function inputOf(form) {
    const fields = form.elements;
    if (form.dataset.tool !== "padding") return { text: fields.text.value, most: MOST_PIECES };
    const texts = [1, 2, 3, 4].map((n) => fields[`text${n}`].value).filter((text) => /\S/.test(text));
    return { texts, text: texts.join(" "), mask: fields.mask.checked };
  }

  // ---------------------------------------------------------------- forms

  async function run(form) {
    const said = form.querySelector(".said");
    const result = form.querySelector(".result");
    const loading = form.querySelector(".loading");
    const say = (text) => said.textContent !== text && (said.textContent = text);
    const mine = (form.latest = (form.latest ?? 0) + 1);
    if (location.protocol === "file:") return say(words.from_file);
    if (!("DecompressionStream" in window && "WebAssembly" in window)) return say(words.old_browser);
    const input = inputOf(form);
    if (!/[^\s\p{C}]/u.test(input.text)) {
      result.replaceChildren();
      return say(words.no_text);
    }
    const first = missing(form.dataset.tool).length > 0;
    loading.hidden = !first;
    if (first) say(words.loading);
    const onProgress = (count, total) => {
      loading.querySelector("progress").value = count / total;
      loading.querySelector("span").textContent = fill(words.so_far, { count: megabytes(count), total: megabytes(total) });
    };
    try {
      const answer = await ask(form.dataset.tool, input, onProgress);
      if (form.latest !== mine) return;
      result.replaceChildren(...shows[form.dataset.tool](answer, { ...input, form }, say));
      form.dataset.answered = String(mine);
    } catch (error) {
      if (form.latest !== mine) return;
      showFailure(form, error, say, result);
    } finally {
      loading.hidden = true;
      showSizes();
    }
  }

  function showFailure(form, error, say, result) {
    const broken = error.kind === "load";
    say(fill(broken ? words.broken : words.failed, { detail: error.message }));
    const again = make("button", { type: "button", class: "again" }, words.again);
    again.addEventListener("click", () => {
      form.querySelector("[type=submit]").focus(); // the button itself goes away
      result.replaceChildren();
      run(form);
    });
    result.replaceChildren(...(broken ? [again] : []));
  }

  function insertMask(form) {
    const box = form.elements.text;
    const [from, to] = [box.selectionStart, box.selectionEnd];
    const before = box.value.slice(0, from);
    const after = box.value.slice(to);
    box.setRangeText(`${/\S$/.test(before) ? " " : ""}[MASK]${/^\S/.test(after) ? " " : ""}`, from, to, "end");
    box.focus();
  }

  for (const form of document.querySelectorAll("form.tool")) {
    let pause;
    form.querySelector("[type=submit]").disabled = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(pause);
      run(form);
    });
    form.addEventListener("input", (event) => {
      if (!form.dataset.answered) return; // the first answer is asked for; later ones follow the typing
      if (["layer", "head"].includes(event.target.name)) return form.redraw?.();
      if (!event.target.name) return;
      clearTimeout(pause);
      pause = setTimeout(() => run(form), event.target.type === "checkbox" ? 0 : 400);
    });
    form.querySelector(".insert-mask")?.addEventListener("click", () => insertMask(form));
    // in a box of several rows Enter asks, as it does in one of a single row; Shift and Enter begin a new row
    form.addEventListener("keydown", (event) => {
      if (event.target.tagName !== "TEXTAREA" || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
  }
  if (location.protocol === "file:") document.getElementById("playground-note").textContent = words.from_file;
  window.playground = { ask };
})();
