"use strict";

/* Starts Swagger UI. The server may offer several documents (one per dialect that is mounted
   elsewhere than at the root); then the top bar lets one choose. */

const ROOT_DOCUMENT = "/openapi.json";

const SETTINGS = {
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  // Empty: the password form needs no client. Swagger UI then sends "Basic Og==".
  onComplete: () => window.ui.initOAuth({ clientId: "", clientSecret: "", scopes: "" }),
};

// The page has a name already, and the logo's own <style> is against the Content-Security-Policy.
const NO_LOGO = () => ({ components: { Logo: () => null } });

function isLocalDocument(entry) {
  return typeof entry?.name === "string" && /^\/(?!\/)/.test(entry?.url);
}

async function loadDocuments() {
  try {
    const answer = await fetch("/docs/documents.json");
    const documents = answer.ok ? await answer.json() : [];
    return Array.isArray(documents) ? documents.filter(isLocalDocument) : [];
  } catch {
    return [];
  }
}

function loadScript(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`cannot load ${url}`));
    document.head.append(script);
  });
}

async function start() {
  const documents = await loadDocuments();
  if (documents.length < 2) {
    window.ui = SwaggerUIBundle({ ...SETTINGS, url: documents[0]?.url ?? ROOT_DOCUMENT });
    return;
  }
  await loadScript("/docs/swagger-ui-standalone-preset.js");
  window.ui = SwaggerUIBundle({
    ...SETTINGS,
    urls: documents,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    plugins: [NO_LOGO],
    layout: "StandaloneLayout",
  });
}

start();
