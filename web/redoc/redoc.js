"use strict";

/* Starts Redoc. The server may offer several documents (documents.js); then the bar lets one choose:
   ?document=NAME. No search: its index is built in a worker made from a blob, which the page's
   Content-Security-Policy does not allow. */

const FONT = "system-ui, sans-serif";
const CODE_FONT = "ui-monospace, monospace";

const OPTIONS = {
  disableSearch: true,
  nativeScrollbars: true,
  sanitize: true,
  scrollYOffset: ".lk-bar",
  theme: {
    colors: { primary: { main: "#1b6f8c" } },
    typography: {
      fontFamily: FONT,
      headings: { fontFamily: FONT },
      code: { fontFamily: CODE_FONT },
    },
    rightPanel: { backgroundColor: "#1c2b33" },
  },
};

function choiceOf(entry) {
  const choice = document.createElement("option");
  choice.value = choice.textContent = entry.name;
  return choice;
}

/* Another document begins with a fresh page: Redoc keeps its place in the fragment. */
function offer(documents, shown) {
  const chooser = document.getElementById("lk-document");
  chooser.append(...documents.map(choiceOf));
  chooser.value = shown.name;
  chooser.addEventListener("change", () => {
    window.location.assign(`/redoc?${new URLSearchParams({ document: chooser.value })}`);
  });
  chooser.closest("label").hidden = false;
}

/* The other page and the link to the document are about the same one. */
function pointLinks(shown) {
  const name = new URLSearchParams({ "urls.primaryName": shown.name });
  document.querySelector('nav a[href="/docs"]').href = `/docs?${name}`;
  document.querySelector('nav a[href="/openapi.json"]').href = shown.url;
}

async function start() {
  const documents = await loadDocuments();
  const wanted = new URLSearchParams(window.location.search).get("document");
  const shown = documents.find((entry) => entry.name === wanted) ?? documents[0];
  if (documents.length > 1) {
    offer(documents, shown);
    pointLinks(shown);
  }
  Redoc.init(shown.url, OPTIONS, document.getElementById("redoc"));
}

start();
