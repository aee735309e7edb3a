"""Holds a YAML file against a JSON schema.

    hold.py SCHEMA FILE
"""

import json
import sys

import jsonschema
import yaml


def main(schema, file):
    with open(schema, encoding="utf-8") as text:
        validator = jsonschema.validators.Draft202012Validator(json.load(text))
    with open(file, encoding="utf-8") as text:
        mistakes = list(validator.iter_errors(yaml.safe_load(text)))
    for mistake in mistakes:
        print(f"{file}: {mistake.json_path}: {mistake.message[:300]}")
    if not mistakes:
        print(f"{file} is valid")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
