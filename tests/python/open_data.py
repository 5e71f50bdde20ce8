"""Judges what is published with the tools of other houses.

    open_data.py DIR       every set below DIR, and the catalogue
    open_data.py --html    pages on stdin, one JSON list of texts
"""

import csv
import datetime
import decimal
import json
import math
import pathlib
import sys
import xml.etree.ElementTree as etree

import geojson_validator
import html5lib
import pyarrow.parquet
import pyshacl
import rdflib
import rdflib.compare
from frictionless import Package

# What a Parquet type cannot hold, and so is null there.
NOT_IN_PARQUET = {"infinity", "-infinity", "24:00:00", "NaN", "INF", "-INF"}


csv.field_size_limit(1 << 30)


def fail(words):
    sys.exit(f"open_data.py: {words}")


def read_csv(path):
    raw = path.read_bytes()
    if raw.startswith(b"\xef\xbb\xbf"):
        fail(f"{path.name} begins with a BOM")
    text = raw.decode("utf-8")
    rows = list(csv.reader(text.splitlines(keepends=True), strict=True))
    if not text.endswith("\r\n"):
        fail(f"{path.name} does not end its last line as RFC 4180 does")
    return rows[0], rows[1:]


def unguarded(text, kind):
    if kind == "string" and text.startswith("'"):
        return text[1:]
    if kind == "string" and text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n"):
        fail("a text begins as a formula")
    return text


def same(value, text):
    """Is a value of Parquet the text of CSV?"""
    if value is None:
        return text == "" or text in NOT_IN_PARQUET or text.endswith(" BC") or text.startswith("{{")
    if isinstance(value, bool):
        return text == ("true" if value else "false")
    if isinstance(value, float):
        given = {"INF": math.inf, "-INF": -math.inf}.get(text)
        given = float(text) if given is None else given
        return value == given or (math.isnan(value) and math.isnan(given)) or abs(value - given) <= 1e-6 * abs(given)
    if isinstance(value, decimal.Decimal):
        return value == decimal.Decimal(text) and -value.as_tuple().exponent == len(text.partition(".")[2])
    if isinstance(value, datetime.datetime):
        return value == datetime.datetime.fromisoformat(text)
    if isinstance(value, datetime.time):
        return value == datetime.time.fromisoformat(text)
    if isinstance(value, datetime.date):
        return value.isoformat() == text
    if isinstance(value, list):
        return value == json.loads(text)
    if isinstance(value, bytes):
        return "\\x" + value.hex() == text
    return str(value) == text


def same_json(value, text, kind):
    if value is None:
        return text in ("", "NaN", "INF", "-INF") or text == "null"
    if isinstance(value, bool):
        return text == ("true" if value else "false")
    if isinstance(value, decimal.Decimal):
        return value == decimal.Decimal(text)
    if kind == "number":
        return float(value) == float(text)
    if isinstance(value, (list, dict)):
        return value == json.loads(text, parse_float=decimal.Decimal)
    return str(value) == text or json.dumps(value) == text


def judge_resource(folder, entry, schema):
    files = {file["format"]: folder / file["path"] for file in entry["files"]}
    names = [field["name"] for field in schema["fields"]]
    kinds = [field["type"] for field in schema["fields"]]
    header, rows = read_csv(files["csv"])
    if header != names:
        fail(f"{entry['name']}: the header is not the schema")
    if len(rows) != entry["rows"]:
        fail(f"{entry['name']}: {len(rows)} rows in CSV, {entry['rows']} in the manifest")
    rows = [[unguarded(text, kind) for text, kind in zip(row, kinds)] for row in rows]

    table = pyarrow.parquet.read_table(files["parquet"])
    if table.column_names != names or table.num_rows != len(rows):
        fail(f"{entry['name']}: Parquet has other columns or rows")
    for name, column in zip(names, range(len(names))):
        for value, row in zip(table.column(name).to_pylist(), rows):
            if not same(value, row[column]):
                fail(f"{entry['name']}.{name}: Parquet and CSV differ")

    lines = files["jsonl"].read_text("utf-8").split("\n")
    if lines.pop() != "" or len(lines) != len(rows):
        fail(f"{entry['name']}: JSON Lines has another number of lines")
    for line, row in zip(lines, rows):
        parsed = json.loads(line, parse_float=decimal.Decimal)
        if list(parsed) != names:
            fail(f"{entry['name']}: JSON Lines has other names")
        for (name, value), text, kind in zip(parsed.items(), row, kinds):
            if not same_json(value, text, kind):
                fail(f"{entry['name']}.{name}: JSON Lines and CSV differ")

    if "geojson" in files:
        collection = json.loads(files["geojson"].read_text("utf-8"))
        if len(collection["features"]) != len(rows):
            fail(f"{entry['name']}: GeoJSON has another number of features")
        structure = geojson_validator.validate_structure(collection)
        if structure:
            fail(f"{entry['name']}: no GeoJSON: {structure}")
        placed = {**collection, "features": [one for one in collection["features"] if one["geometry"]]}
        geometries = geojson_validator.validate_geometries(placed) if placed["features"] else {}
        if geometries.get("invalid"):
            fail(f"{entry['name']}: {geometries['invalid']}")
        etree.parse(files["map"] if "map" in files else folder / next(f["path"] for f in entry["files"] if f["path"].endswith(".svg")))
    return len(rows)


def judge_set(folder):
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    # The tables; the other forms of the same rows are judged by their own readers below.
    tables = [one for one in package["resources"] if "schema" in one]
    if not tables or not Package.validate_descriptor(package).valid:
        fail(f"{folder.parent.name}: frictionless refuses the descriptor")
    report = Package.from_descriptor({**package, "resources": tables}, basepath=str(folder)).validate()
    if not report.valid:
        fail(f"{folder.parent.name}: frictionless: {report.flatten(['title', 'fieldName', 'note'])[:5]}")
    schemas = {one["name"]: one["schema"] for one in package["resources"] if "schema" in one}
    rows = sum(judge_resource(folder, entry, schemas[entry["name"]]) for entry in manifest["resources"])
    for field in (field for schema in schemas.values() for field in schema["fields"]):
        if not field["title"] or not field["title_en"]:
            fail(f"{folder.parent.name}: a field without a title in both languages")
    print(f"{folder.parent.name}: {rows} rows, accepted")


def judge_catalogue(home):
    turtle = rdflib.Graph().parse(home / "catalog.ttl", format="turtle")
    linked = rdflib.Graph().parse(home / "catalog.jsonld", format="json-ld")
    if not rdflib.compare.isomorphic(turtle, linked):
        fail("the catalogue says other things in Turtle and in JSON-LD")
    shapes = rdflib.Graph().parse(pathlib.Path(__file__).with_name("dcat_ap.ttl"), format="turtle")
    for extra in sys.argv[2:]:
        shapes.parse(extra, format="turtle")
    conforms, _, words = pyshacl.validate(turtle, shacl_graph=shapes)
    if not conforms:
        fail(f"the catalogue: {words}")
    # A judge that accepts everything would be none.
    for predicate in ("http://purl.org/dc/terms/title", "http://www.w3.org/ns/dcat#accessURL", "http://spdx.org/rdf/terms#checksumValue"):
        broken = rdflib.Graph()
        broken += turtle
        broken.remove((None, rdflib.URIRef(predicate), None))
        if pyshacl.validate(broken, shacl_graph=shapes)[0]:
            fail(f"the shapes do not miss {predicate}")
    datasets = set(turtle.subjects(rdflib.RDF.type, rdflib.URIRef("http://www.w3.org/ns/dcat#Dataset")))
    print(f"catalogue: {len(datasets)} sets, {len(turtle)} statements, accepted")


def judge_pages():
    for number, page in enumerate(json.load(sys.stdin)):
        parser = html5lib.HTMLParser(strict=False)
        parser.parse(page)
        if parser.errors:
            position, code, _ = parser.errors[0]
            fail(f"page {number}: {code} at {position}: {page.splitlines()[position[0] - 1][:200]}")
    print("pages: accepted")


if sys.argv[1] == "--html":
    judge_pages()
else:
    home = pathlib.Path(sys.argv[1])
    for folder in sorted(home.glob("*/latest")):
        judge_set(folder)
    judge_catalogue(home)
