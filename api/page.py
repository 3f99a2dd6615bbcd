#!/usr/bin/env python3
"""api/page.py: makes the documentation page from api/openapi.yaml, when the program is built.

    page.py OPENAPI_YAML OUTPUT_HTML

Plain HTML in Italian without scripts; its style sheet is api/page.css, served beside it, so that the page
needs nothing from anybody else and no exception from the content security policy.
"""
import html
import re
import sys

import yaml

METHODS = ("get", "post", "put", "delete")
KINDS = {"string": "testo", "integer": "intero", "number": "numero", "boolean": "vero o falso",
         "array": "elenco", "object": "oggetto"}
RECORDED = {"none": "nulla", "look": "lo sguardo", "list": "chi è stato elencato",
            "search": "la ricerca e chi è stato trovato", "append": "l'atto",
            "release": "la consegna"}


def escape(text):
    return html.escape(str(text), quote=True)


def rich(text):
    """Escaped text, with `code` and **strong** as Markdown has them."""
    text = escape(text)
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    return re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", text)


class Page:
    """The document while it is written out; lines of HTML in order."""

    def __init__(self, document):
        self.document = document
        self.lines = []

    def add(self, line):
        self.lines.append(line)

    def resolve(self, node):
        while "$ref" in node:
            found = self.document
            for part in node["$ref"][2:].split("/"):
                found = found[part]
            node = found
        return node

    def kind(self, schema):
        """What a value is, in words; schemas with a name of their own are linked."""
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            return f'<a href="#schema-{escape(name)}">{escape(name)}</a>'
        if "allOf" in schema:
            return self.kind(schema["allOf"][0])
        words = KINDS.get(schema.get("type"), "")
        if schema.get("type") == "array":
            return f'{words} di {self.kind(schema["items"])}, al più {schema["maxItems"]}'
        if "enum" in schema:
            return "una di " + ", ".join(f"<code>{escape(each)}</code>" for each in schema["enum"])
        parts = [words]
        if schema.get("format") in ("date", "date-time", "binary", "password"):
            parts.append(schema["format"])
        if "minimum" in schema:
            parts.append(f'da {schema["minimum"]} a {schema["maximum"]}')
        if "maxLength" in schema and schema["maxLength"] <= 200000:
            parts.append(f'al più {schema["maxLength"]} caratteri')
        if "pattern" in schema and len(schema["pattern"]) <= 60:
            parts.append(f'<code>{escape(schema["pattern"])}</code>')
        return ", ".join(parts)

    def table(self, caption, titles, rows):
        if not rows:
            return
        self.add('<div class="table" tabindex="0" role="region" '
                 f'aria-label="{escape(caption)}"><table><caption>{escape(caption)}</caption>')
        self.add("<thead><tr>" + "".join(f'<th scope="col">{escape(each)}</th>'
                                         for each in titles) + "</tr></thead><tbody>")
        for first, *others in rows:
            cells = "".join(f"<td>{each}</td>" for each in others)
            self.add(f'<tr><th scope="row">{first}</th>{cells}</tr>')
        self.add("</tbody></table></div>")

    def fields(self, caption, schema):
        required = schema.get("required", [])
        rows = [(f"<code>{escape(name)}</code>", self.kind(each),
                 "sì" if name in required else "no", rich(each.get("description", "")))
                for name, each in schema.get("properties", {}).items()]
        self.table(caption, ("Campo", "Valore", "Sempre", "Significato"), rows)

    def operation(self, path, method, operation):
        name = operation["operationId"]
        self.add(f'<article id="{escape(name)}"><h3><code>{method.upper()} {escape(path)}</code> '
                 f'<span>{escape(operation["summary"])}</span></h3>')
        self.add(f'<p>{rich(operation["description"])}</p>')
        roles = ", ".join(f"<code>{escape(each)}</code>" for each in operation["x-permission"])
        self.add(f'<p>Chi può: {roles}. Resta registrato: '
                 f'{RECORDED[operation["x-audit"]]}.</p>')
        places = {"path": "percorso", "query": "interrogazione", "header": "intestazione"}
        parameters = [self.resolve(each) for each in operation.get("parameters", [])]
        self.table("Parametri", ("Nome", "Dove", "Valore", "Obbligatorio", "Significato"),
                   [(f'<code>{escape(each["name"])}</code>', places[each["in"]],
                     self.kind(each["schema"]), "sì" if each.get("required") else "no",
                     rich(each["description"])) for each in parameters])
        if "requestBody" in operation:
            for media, content in operation["requestBody"]["content"].items():
                self.add(f'<p>Corpo: <code>{escape(media)}</code>, '
                         f'{self.kind(content["schema"])}.</p>')
        rows = []
        for status, response in operation["responses"].items():
            response = self.resolve(response)
            shown = "; ".join(f"<code>{escape(media)}</code>, {self.kind(content['schema'])}"
                              for media, content in response.get("content", {}).items())
            rows.append((escape(status), rich(response["description"]), shown))
        self.table("Risposte", ("Stato", "Quando", "Contenuto"), rows)
        self.add("</article>")


def operations_by_tag(document):
    found = {tag["name"]: [] for tag in document["tags"]}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                found[item[method]["tags"][0]].append((path, method, item[method]))
    return found


def anchor(words):
    return "parte-" + re.sub(r"[^a-z]+", "-", words.lower()).strip("-")


def write_page(document):
    page = Page(document)
    info = document["info"]
    title = f'{info["title"]} {info["version"]}: interfaccia'
    page.add("<!DOCTYPE html>")
    page.add('<html lang="it"><head><meta charset="utf-8">')
    page.add('<meta name="viewport" content="width=device-width, initial-scale=1">')
    page.add(f"<title>{escape(title)}</title>")
    page.add('<link rel="stylesheet" href="/docs/style.css"></head><body>')
    page.add('<a class="skip" href="#contenuto">Vai al contenuto</a>')
    page.add(f'<header><h1>{escape(title)}</h1><p>{escape(info["x-summary"])}</p>'
             '<p><a href="/openapi.yaml">Il documento OpenAPI</a></p></header>')
    groups = operations_by_tag(document)
    page.add('<nav aria-label="Parti"><ul>')
    for tag in groups:
        page.add(f'<li><a href="#{anchor(tag)}">{escape(tag)}</a></li>')
    page.add('<li><a href="#valori">Valori</a></li></ul></nav><main id="contenuto">')
    page.add('<section aria-labelledby="regole"><h2 id="regole">Regole comuni</h2>')
    identifiers = {"Contatti e condizioni.": ' id="condizioni"', "Dati personali.": ' id="dati"'}
    for block in info["description"].split("\n\n"):
        mark = next((words for name, words in identifiers.items() if f"**{name}**" in block), "")
        page.add(f"<p{mark}>{rich(block)}</p>")
    page.add(f'<p id="contatti">Contatto: {escape(info["contact"]["name"])}.</p></section>')
    for tag in document["tags"]:
        name = tag["name"]
        page.add(f'<section aria-labelledby="{anchor(name)}">'
                 f'<h2 id="{anchor(name)}">{escape(name)}</h2><p>{rich(tag["description"])}</p>')
        for path, method, operation in groups[name]:
            page.operation(path, method, operation)
        page.add("</section>")
    page.add('<section aria-labelledby="valori"><h2 id="valori">Valori</h2>')
    for name, schema in document["components"]["schemas"].items():
        page.add(f'<article id="schema-{escape(name)}"><h3>{escape(name)}</h3>')
        if "description" in schema:
            page.add(f'<p>{rich(schema["description"])}</p>')
        if schema.get("type") == "object":
            page.fields(f"Campi di {name}", schema)
        else:
            page.add(f"<p>{page.kind(schema)}</p>")
        page.add("</article>")
    page.add("</section></main></body></html>")
    return "\n".join(page.lines) + "\n"


def main():
    with open(sys.argv[1], encoding="utf-8") as source:
        document = yaml.safe_load(source)
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        out.write(write_page(document))


if __name__ == "__main__":
    main()
