"use strict";

/* Starts Redoc. No search: its index is built in a worker made from a blob, which the page's
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

Redoc.init("/openapi.json", OPTIONS, document.getElementById("redoc"));
