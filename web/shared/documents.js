"use strict";

/* Which OpenAPI documents the server offers: the native API's, and one for each dialect. */

const ROOT_DOCUMENT = "/openapi.json";

function isLocalDocument(entry) {
  return typeof entry?.name === "string" && /^\/(?!\/)/.test(entry?.url);
}

/* [{name, url}, …], never empty. */
async function loadDocuments() {
  const fallback = [{ name: "Latchkey", url: ROOT_DOCUMENT }];
  try {
    const answer = await fetch("/docs/documents.json");
    const documents = answer.ok ? await answer.json() : [];
    const local = Array.isArray(documents) ? documents.filter(isLocalDocument) : [];
    return local.length > 0 ? local : fallback;
  } catch {
    return fallback;
  }
}
