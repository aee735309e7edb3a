// Holds workflows against what GitHub's own language service knows of them: every key, value and expression.
//
//     node workflows.mjs FILE...

import { readFileSync } from "node:fs";
import { register } from "node:module";

// The service is written for bundlers, which need not be told that a module is JSON; Node.js does.
const asJson = `export const load = (url, context, next) =>
  next(url, url.endsWith(".json") ? { ...context, importAttributes: { type: "json" } } : context);`;
register(`data:text/javascript,${encodeURIComponent(asJson)}`);
const { validate } = await import("@actions/languageservice");
const { TextDocument } = await import("vscode-languageserver-textdocument");

let found = 0;
const files = process.argv.slice(2);
for (const file of files) {
  const document = TextDocument.create(`file://${file}`, "yaml", 1, readFileSync(file, "utf8"));
  for (const { range, message } of await validate(document)) {
    console.log(`${file}:${range.start.line + 1}: ${message}`);
    found += 1;
  }
}
if (found === 0) {
  console.log(`${files.length} workflows are valid`);
}
process.exit(found > 0 || files.length === 0 ? 1 : 0);
