// Holds rendered objects that are no part of Kubernetes against the types that their projects publish, strictly:
// TypeScript refuses fields that a type does not have, and the models refuse values that do not fit.
//
//     node custom.mjs GROUP=PACKAGE,... FILE...
//
// An object is looked at once however often it was rendered.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { parseAllDocuments } from "yaml";

/** Each object of these groups once, with the first file that it is in. */
function objectsOf(packages, files) {
  const found = new Map();
  for (const file of files) {
    for (const document of parseAllDocuments(readFileSync(file, "utf8"))) {
      const object = document.toJS();
      const [group, version] = (object?.apiVersion ?? "").split("/");
      const text = JSON.stringify(object, null, 2);
      if (packages.has(group) && !found.has(text)) {
        const module = `@kubernetes-models/${packages.get(group)}/${group}/${version}/${object.kind}`;
        found.set(text, { file, object, text, module, kind: object.kind, mistakes: [] });
      }
    }
  }
  return [...found.values()];
}

/** Notes what TypeScript says of the objects, each written down as a constant of its type. */
function compare(objects) {
  const file = fileURLToPath(new URL("objects.ts", import.meta.url));
  const starts = [];
  let source = "";
  for (const [index, { module, kind, text }] of objects.entries()) {
    starts.push(source.length);
    source += `import type { I${kind} as Kind${index} } from "${module}";\n`;
    source += `export const object${index}: Kind${index} = ${text};\n`;
  }
  writeFileSync(file, source);
  const program = ts.createProgram([file], {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ESNext,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  });
  for (const { start, messageText } of ts.getPreEmitDiagnostics(program)) {
    const at = starts.findLastIndex((begin) => begin <= (start ?? 0));
    objects[at].mistakes.push(ts.flattenDiagnosticMessageText(messageText, " "));
  }
}

/** Notes what the model of its kind says of an object's values. */
async function validate({ module, kind, object, mistakes }) {
  const model = (await import(module))[kind];
  try {
    new model(object).validate();
  } catch (error) {
    mistakes.push(error.message);
  }
}

const [table, ...files] = process.argv.slice(2);
const objects = objectsOf(new Map(table.split(",").map((entry) => entry.split("="))), files);
compare(objects);
for (const object of objects.filter(({ mistakes }) => mistakes.length === 0)) {
  await validate(object);
}
for (const { file, kind, object, mistakes } of objects) {
  for (const mistake of mistakes) {
    console.log(`${file}: ${kind}/${object.metadata?.name}: ${mistake.slice(0, 300)}`);
  }
}
const valid = objects.filter(({ mistakes }) => mistakes.length === 0);
const kinds = [...new Set(valid.map(({ kind }) => kind))].sort();
console.log(`${valid.length} objects of other projects are valid: ${kinds.join(", ")}`);
process.exit(valid.length > 0 && valid.length === objects.length ? 0 : 1);
