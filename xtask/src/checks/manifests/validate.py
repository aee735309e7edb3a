"""Holds rendered manifests against the schemas of Kubernetes, strictly: what no schema knows is refused.

    validate.py OLDEST CUSTOM FILE...

validates every document against every version from OLDEST on. A document is looked at once however often it was
rendered. Objects of the groups CUSTOM, with commas between them, are no part of Kubernetes and left to custom.mjs but
for their names; whatever is neither there nor in Kubernetes is refused.
"""

import json
import re
import sys

import jsonschema
import yaml
from kubernetes_validate import utils
from packaging import version
from referencing import Registry, Resource

NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


def documents(files):
    """Each document once, with the first file that it is in."""
    found = {}
    for file in files:
        with open(file, encoding="utf-8") as text:
            for document in yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
                if document:
                    found.setdefault(json.dumps(document, sort_keys=True, default=str), (file, document))
    return list(found.values())


class Version:
    """The schemas of one version."""

    def __init__(self, number):
        self.name = utils.major_minor(number)
        self.dir = f"kubernetes-json-schema/v{number}-local-strict"
        definitions = utils.schema_contents(f"{self.dir}/_definitions.json", number)
        self.registry = Resource.from_contents(definitions) @ Registry()
        self.validators = {}

    def validator(self, api_version, kind):
        """The validator of a kind, or None if Kubernetes does not have it."""
        group = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api_version)
        key = f"{kind.lower()}-{group}"
        if key not in self.validators:
            try:
                schema = utils.schema_contents(f"{self.dir}/{key}.json", self.name)
                registry = Resource.from_contents(schema) @ self.registry
                validator = jsonschema.validators.Draft202012Validator(schema, registry=registry)
            except FileNotFoundError:
                validator = None
            self.validators[key] = validator
        return self.validators[key]


def mistakes(document, versions):
    """What is wrong with a document for some versions; of its name alone if there are none."""
    name = document.get("metadata", {}).get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        yield "metadata.name: it has no proper name"
    api_version, kind = document["apiVersion"], document["kind"]
    for known in versions:
        validator = known.validator(api_version, kind)
        if validator is None:
            yield f"{known.name} has no {api_version} {kind}"
            continue
        for error in validator.iter_errors(document):
            place = ".".join(str(part) for part in error.path)
            yield f"{known.name} refuses {place}: {error.message[:300]}"


def main(oldest, custom, files):
    # Each is there twice: with strict schemas and without.
    known = sorted(set(utils.all_versions()), key=version.Version)
    versions = [Version(each) for each in known if version.Version(each) >= version.Version(oldest)]
    failed, valid = 0, 0
    for file, document in documents(files):
        is_custom = document["apiVersion"].rpartition("/")[0] in custom
        found = list(mistakes(document, [] if is_custom else versions))
        for mistake in found:
            print(f"{file}: {document['kind']}/{document.get('metadata', {}).get('name')}: {mistake}")
        failed += bool(found)
        valid += not found and not is_custom
    names = ", ".join(known.name for known in versions)
    print(f"{valid} documents are valid for Kubernetes {names}")
    return 1 if failed or not valid else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2].split(","), sys.argv[3:]))
