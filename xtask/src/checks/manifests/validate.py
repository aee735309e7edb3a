"""Holds rendered manifests against the schemas of Kubernetes, strictly: what no schema knows is refused.

    validate.py OLDEST FILE...

validates every document against every version from OLDEST on. A document is looked at once however often it was
rendered. Kinds that Kubernetes itself does not have are listed and held against the little that all objects share.
"""

import json
import re
import sys

import jsonschema
import yaml
from kubernetes_validate import utils
from packaging import version
from referencing import Registry, Resource

# Kinds of others, and where their schemas would come from. Whatever is neither here nor in Kubernetes is refused.
CUSTOM = {
    "cert-manager.io": "cert-manager",
    "external-secrets.io": "External Secrets",
    "gateway.networking.k8s.io": "the Gateway API",
    "gateway.nginx.org": "NGINX Gateway Fabric",
    "keda.sh": "KEDA",
    "monitoring.coreos.com": "the Prometheus Operator",
}
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


def mistakes_of_any_object(document):
    """What is wrong with an object whose schema is not at hand."""
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not isinstance(name, str) or not NAME.fullmatch(name):
        yield "metadata.name: it has no proper name"
    if not isinstance(document.get("spec"), dict):
        yield "spec: it has none"
    for field in document.keys() - {"apiVersion", "kind", "metadata", "spec"}:
        yield f"{field}: no such field"


def mistakes(document, versions):
    """What is wrong with a document, and whether a schema said so."""
    api_version, kind = document["apiVersion"], document["kind"]
    group = api_version.rpartition("/")[0]
    if group in CUSTOM:
        return list(mistakes_of_any_object(document)), False
    found = []
    for known in versions:
        validator = known.validator(api_version, kind)
        if validator is None:
            found.append(f"{known.name} has no {api_version} {kind}")
            continue
        for error in validator.iter_errors(document):
            place = ".".join(str(part) for part in error.path)
            found.append(f"{known.name} refuses {place}: {error.message[:300]}")
    return found, True


def main(oldest, files):
    # Each is there twice: with strict schemas and without.
    known = sorted(set(utils.all_versions()), key=version.Version)
    versions = [Version(each) for each in known if version.Version(each) >= version.Version(oldest)]
    failed, valid, without_schema = 0, 0, {}
    for file, document in documents(files):
        found, by_schema = mistakes(document, versions)
        what = f"{document['kind']}/{document.get('metadata', {}).get('name')}"
        for mistake in found:
            print(f"{file}: {what}: {mistake}")
        failed += bool(found)
        valid += by_schema and not found
        if not by_schema:
            group = document["apiVersion"].rpartition("/")[0]
            without_schema.setdefault(f"{document['kind']} of {CUSTOM[group]}", set()).add(what)
    names = ", ".join(known.name for known in versions)
    print(f"{valid} documents are valid for Kubernetes {names}")
    for kind, which in sorted(without_schema.items()):
        print(f"not held against a schema: {len(which)} {kind}")
    return 1 if failed or not valid else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
