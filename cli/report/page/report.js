"use strict";
// Everything a document brought with it is written with textContent or into attributes that hold no code.
(() => {
  const CHUNK = 48;
  const byId = (id) => document.getElementById(id);
  const read = (element) => JSON.parse(element.textContent);
  const { block, documents } = read(byId("documents"));
  if (!documents.length && !byId("gallery")) return;

  const pictureBlocks = document.getElementsByClassName("pictures");
  const parsed = new Map();

  /** Pictures of one document; a block is parsed when it is first looked at, and only the last few are kept. */
  function picturesOf(index) {
    const number = Math.floor(index / block);
    if (!parsed.has(number)) {
      parsed.set(number, read(pictureBlocks[number]));
      if (parsed.size > 12) parsed.delete(parsed.keys().next().value);
    }
    return parsed.get(number)[index % block];
  }

  function make(tag, classes, text) {
    const element = document.createElement(tag);
    if (classes) element.className = classes;
    if (text !== undefined) element.textContent = text;
    return element;
  }

  function isolated(tag, classes, text) {
    const element = make(tag, classes);
    element.append(make("bdi", "", text));
    return element;
  }

  // --- filters -----------------------------------------------------------------------------------------------

  const flipOf = (d) => (d.before && d.verdict ? (d.verdict.signed ? "gained" : "lost") : null);
  const FLAGS = [
    ["all", "all", () => true],
    ["signed", "signed", (d) => d.outcome === "signed"],
    ["unsigned", "unsigned", (d) => d.outcome === "unsigned"],
    ["failed", "failed", (d) => d.outcome === "failed"],
    ["in-flight", "in flight", (d) => d.outcome === "in flight"],
    ["gained", "newly signed", (d) => flipOf(d) === "gained"],
    ["lost", "no longer signed", (d) => flipOf(d) === "lost"],
  ].map(([key, label, test]) => ({ key, label, test, count: documents.filter(test).length }));

  const confidence = (d) => (d.verdict ? d.verdict.confidence : null);
  const distance = (d) => (d.verdict ? Math.abs(d.verdict.confidence - d.verdict.threshold) : Infinity);
  const either = (value, otherwise) => (value === null ? otherwise : value);
  const names = new Intl.Collator(undefined, { numeric: true });
  const SORTS = {
    newest: null,
    near: (a, b) => distance(a) - distance(b),
    sure: (a, b) => either(confidence(b), -1) - either(confidence(a), -1),
    unsure: (a, b) => either(confidence(a), 2) - either(confidence(b), 2),
    name: (a, b) => names.compare(a.name, b.name),
  };

  documents.forEach((d, index) => {
    d.index = index;
    d.text = [d.name, d.uri, d.error || ""].join("\n").toLowerCase();
  });

  const controls = byId("controls"), gallery = byId("gallery"), more = byId("more"), shown = byId("shown");
  const search = byId("search"), from = byId("from"), to = byId("to"), sort = byId("sort"), near = byId("near-misses");

  for (const { key, label, count } of FLAGS) {
    if (!count && key !== "all") continue;
    const chip = make("label", "chip");
    const radio = make("input");
    radio.type = "radio";
    radio.name = "flag";
    radio.value = key;
    radio.defaultChecked = key === "all";
    chip.append(radio, make("span", "", `${label} ${count.toLocaleString("en")}`));
    byId("flags").append(chip);
  }
  const flagChosen = () => controls.elements.flag.value || "all";

  /** What the address after # asks for, so that a view can be bookmarked and sent on. */
  function restore() {
    const asked = new URLSearchParams(location.hash.slice(1));
    controls.reset();
    for (const radio of controls.querySelectorAll("input[type=radio]")) radio.checked = radio.value === (asked.get("flag") || "all");
    search.value = asked.get("search") || "";
    from.value = asked.get("from") || "";
    to.value = asked.get("to") || "";
    if (asked.get("sort") in SORTS) sort.value = asked.get("sort");
    near.checked = asked.has("near-misses");
    filter();
    if (asked.has("document")) open(Number(asked.get("document")));
  }

  function remember() {
    const asked = new URLSearchParams();
    if (flagChosen() !== "all") asked.set("flag", flagChosen());
    for (const field of [search, from, to]) if (field.value) asked.set(field.id, field.value);
    if (sort.value !== "newest") asked.set("sort", sort.value);
    if (near.checked) asked.set("near-misses", "");
    if (detail.open) asked.set("document", current);
    history.replaceState(null, "", "#" + asked);
  }

  let chosen = [], drawn = 0;

  function filter() {
    const flag = FLAGS.find(({ key }) => key === flagChosen()) || FLAGS[0];
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const least = from.value === "" ? null : Number(from.value), most = to.value === "" ? null : Number(to.value);
    chosen = documents.filter((d) =>
      flag.test(d) && words.every((word) => d.text.includes(word)) &&
      (least === null || (d.verdict && confidence(d) >= least)) && (most === null || (d.verdict && confidence(d) <= most)));
    if (SORTS[sort.value]) chosen.sort(SORTS[sort.value]);
    document.body.classList.toggle("near-misses", near.checked);
    gallery.replaceChildren();
    drawn = 0;
    shown.textContent = chosen.length
      ? `${chosen.length.toLocaleString("en")} of ${documents.length.toLocaleString("en")} documents`
      : "No document matches.";
    drawMore();
  }

  function drawMore() {
    const fresh = document.createDocumentFragment();
    for (const d of chosen.slice(drawn, drawn + CHUNK)) fresh.append(card(d));
    gallery.append(fresh);
    drawn = Math.min(drawn + CHUNK, chosen.length);
    more.hidden = drawn >= chosen.length;
  }

  // --- one document --------------------------------------------------------------------------------------------

  function boxes(d, number, width, height) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("preserveAspectRatio", "xMinYMin meet"); // a card is taller than a wide page
    svg.setAttribute("aria-hidden", "true");
    for (const [verdict, kind] of [[d.before, "before"], [d.verdict, ""]]) {
      for (const { page, box, score } of verdict ? verdict.signatures : []) {
        if (page !== number) continue;
        const [x0, y0, x1, y1] = box;
        const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
        rect.setAttribute("class", `${kind} ${score < verdict.threshold ? "below" : ""}`.trim());
        rect.setAttribute("x", x0 * width);
        rect.setAttribute("y", y0 * height);
        rect.setAttribute("width", (x1 - x0) * width);
        rect.setAttribute("height", (y1 - y0) * height);
        svg.append(rect);
      }
    }
    return svg;
  }

  function image({ image: source, width, height }, text) {
    const element = make("img");
    element.loading = "lazy";
    element.width = width;
    element.height = height;
    element.alt = text;
    element.src = source;
    return element;
  }

  function pageOf(d, picture, tag = "span") {
    const page = make(tag, "page");
    page.append(image(picture, `Page ${picture.page} of ${d.name}`), boxes(d, picture.page, picture.width, picture.height));
    return page;
  }

  /** Cut-out signatures; of an unsigned document, what came nearest to one. */
  function crops(d, pictures, most) {
    const strip = make("div", "crops");
    const counted = pictures.crops.filter((crop) => !d.verdict.signed || crop.score >= d.verdict.threshold);
    for (const crop of counted.slice(0, most)) {
      const figure = make("figure");
      figure.append(image(crop, `Cut from page ${crop.page}`), make("figcaption", "", `page ${crop.page} · ${crop.score.toFixed(2)}`));
      strip.append(figure);
    }
    if (counted.length > most) strip.append(make("p", "note", `and ${counted.length - most} more`));
    return strip;
  }

  function verdictLine(d) {
    const line = make("p", "verdict");
    line.append(make("span", `badge ${d.outcome}`, d.outcome));
    if (d.verdict) line.append(make("span", "", `confidence ${d.verdict.confidence.toFixed(2)}`));
    if (d.before) line.append(make("span", "", `before ${d.before.confidence.toFixed(2)}`));
    if (d.verdict && d.verdict.pages > 1) line.append(make("span", "", `${d.verdict.pages} pages`));
    return line;
  }

  function card(d) {
    const pictures = picturesOf(d.index), item = make("li", "card"), opener = make("button", "open"), facts = make("div", "facts");
    opener.type = "button";
    opener.setAttribute("aria-label", `${d.name}, ${d.outcome}: show it`);
    opener.addEventListener("click", () => open(d.index));
    opener.append(pictures.pages.length ? pageOf(d, pictures.pages[0]) : make("span", "missing", pictures.missing));
    facts.append(isolated("h3", "name", d.name), verdictLine(d));
    facts.firstChild.title = d.uri;
    if (d.error) facts.append(isolated("p", "reason", d.error));
    item.append(opener, facts);
    if (d.verdict && d.verdict.signed && pictures.crops.length) item.append(crops(d, pictures, 2));
    return item;
  }

  const detail = byId("detail");
  let current = -1;

  function open(index) {
    const d = documents[index];
    if (!d) return;
    current = index;
    const pictures = picturesOf(index);
    byId("detail-name").firstElementChild.textContent = d.name;
    const pages = pictures.pages.map((picture) => {
      const figure = make("figure", "sheet");
      figure.append(pageOf(d, picture), make("figcaption", "", `Page ${picture.page}${d.verdict ? ` of ${d.verdict.pages}` : ""}`));
      return figure;
    });
    byId("detail-pages").replaceChildren(...(pages.length ? pages : [make("p", "missing", pictures.missing)]));
    byId("detail-facts").replaceChildren(verdictLine(d), facts(d), ...(d.verdict ? [crops(d, pictures, Infinity)] : []));
    const place = chosen.indexOf(d);
    byId("previous").disabled = place <= 0;
    byId("next").disabled = place < 0 || place >= chosen.length - 1;
    if (!detail.open) detail.showModal();
    remember();
  }

  function facts(d) {
    const list = make("dl");
    const add = (term, text) => { if (text) list.append(make("dt", "", term), isolated("dd", "", text)); };
    add("Address", d.uri);
    if (d.link) {
      const link = make("a", "", "Open the file");
      link.href = d.link;
      link.rel = "noopener noreferrer";
      link.target = "_blank";
      list.append(make("dt", "", "File"), make("dd"));
      list.lastChild.append(link);
    }
    add("Reason", d.error);
    for (const [verdict, term] of [[d.verdict, "Verdict"], [d.before, "Verdict before"]]) {
      if (!verdict) continue;
      const counted = verdict.signatures.filter(({ score }) => score >= verdict.threshold).length;
      add(term, `${verdict.signed ? "signed" : "unsigned"} by release ${verdict.release}, confidence ${verdict.confidence.toFixed(3)}, ` +
        `threshold ${verdict.threshold.toFixed(3)}, ${counted} ${counted === 1 ? "signature" : "signatures"}`);
      add("Judged", `${verdict.decided} UTC`);
    }
    add("Received", `${d.received} UTC`);
    return list;
  }

  function step(by) {
    const place = chosen.indexOf(documents[current]);
    if (place >= 0 && chosen[place + by]) open(chosen[place + by].index);
  }

  // --- wiring --------------------------------------------------------------------------------------------------

  byId("previous").addEventListener("click", () => step(-1));
  byId("next").addEventListener("click", () => step(1));
  byId("close").addEventListener("click", () => detail.close());
  detail.addEventListener("close", remember);
  detail.addEventListener("click", (event) => { if (event.target === detail) detail.close(); });
  detail.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.addEventListener("reset", () => setTimeout(() => { filter(); remember(); }));
  controls.addEventListener("input", () => { filter(); remember(); });
  more.addEventListener("click", drawMore);
  new IntersectionObserver((entries) => { if (entries.some((e) => e.isIntersecting) && drawn < chosen.length) drawMore(); },
    { rootMargin: "1200px" }).observe(more);

  const leftOut = read(byId("left-out-count"));
  if (leftOut) {
    byId("left-out").textContent = `${leftOut.toLocaleString("en")} documents have no picture, to keep this file small. Ask for fewer documents or allow a larger file with --max-megabytes.`;
    byId("left-out").hidden = false;
  }
  controls.hidden = false;
  addEventListener("hashchange", restore);
  restore();
})();
