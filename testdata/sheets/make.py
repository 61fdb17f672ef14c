#!/usr/bin/env python3
"""Makes the tables in this folder: with LibreOffice what a spreadsheet exports, and by
hand what other programs write. Usage: ./make.py, with soffice in the PATH.

index.txt says what each becomes. Run it again only to add files: another version of
LibreOffice may write other bytes.
"""

import datetime
import json
import os
import subprocess
import tempfile
from xml.sax.saxutils import escape, quoteattr

HERE = os.path.dirname(os.path.abspath(__file__))

# The table that nearly all files contain; want.ndjson has the payloads of its rows.
HEADER = ["Serial", "Company Name", "Created", "Expires", "Seats", "Price", "Beta"]
ROWS = [
    ["00123", "Müller & Söhne GmbH", ("2026-01-15",), ("2027-12-31",), 18, 1250.5, True],
    ["00124", "Line one\nline two", ("2026-02-01",), ("2027-02-01",), 5, 99, False],
    ["00125", 'Zoé "Quotes", Inc; a|b', ("2026-03-04",), ("2028-02-29",), 1000, 0.25, None],
    ["00126", None, ("2026-12-31",), ("2028-12-31",), 2, 10, True],
]
# The same with dates that have two readings.
EARLY = [row[:2] + [("2026-01-02",), ("2027-%02d-%02d" % (i + 2, i + 3),)] + row[4:] for i, row in enumerate(ROWS)]

# Formats of cells: XML of a number style.
def text(s):
    return "<number:text>%s</number:text>" % escape(s)

D, DD = "<number:day/>", '<number:day number:style="long"/>'
M, MM, MMMM = "<number:month/>", '<number:month number:style="long"/>', '<number:month number:textual="true" number:style="long"/>'
MMM = '<number:month number:textual="true"/>'
YY, YYYY = "<number:year/>", '<number:year number:style="long"/>'
TIME = text(" ") + '<number:hours number:style="long"/>' + text(":") + '<number:minutes number:style="long"/>' + text(":") + '<number:seconds number:style="long"/>'
DATES = {
    "iso": ("en", "US", YYYY + text("-") + MM + text("-") + DD),
    "de": ("de", "DE", DD + text(".") + MM + text(".") + YYYY),
    "de-short": ("de", "DE", D + text(".") + M + text(".") + YY),
    "de-long": ("de", "DE", D + text(". ") + MMMM + text(" ") + YYYY),
    "de-time": ("de", "DE", DD + text(".") + MM + text(".") + YYYY + TIME),
    "us": ("en", "US", MM + text("/") + DD + text("/") + YYYY),
    "us-short": ("en", "US", M + text("/") + D + text("/") + YY),
    "us-long": ("en", "US", MMMM + text(" ") + D + text(", ") + YYYY),
    "gb": ("en", "GB", DD + text("/") + MM + text("/") + YYYY),
    "fr-long": ("fr", "FR", D + text(" ") + MMM + text(" ") + YYYY),
    "jp": ("ja", "JP", YYYY + text("/") + MM + text("/") + DD),
    "excel": ("en", "US", DD + text("-") + MMM + text("-") + YY),
}
NUMBERS = {
    "de": ("de", "DE", '<number:number number:decimal-places="2" number:min-decimal-places="2" number:min-integer-digits="1" number:grouping="true"/>'),
    "us": ("en", "US", '<number:number number:decimal-places="2" number:min-decimal-places="2" number:min-integer-digits="1" number:grouping="true"/>'),
    "euro": ("de", "DE", '<number:number number:decimal-places="2" number:min-decimal-places="2" number:min-integer-digits="1" number:grouping="true"/>' + text(" €")),
    "thousands-de": ("de", "DE", '<number:number number:decimal-places="0" number:min-integer-digits="1" number:grouping="true"/>'),
    "thousands-us": ("en", "US", '<number:number number:decimal-places="0" number:min-integer-digits="1" number:grouping="true"/>'),
    "scientific": ("en", "US", '<number:scientific-number number:decimal-places="2" number:min-integer-digits="1" number:min-exponent-digits="2"/>'),
    "five": ("en", "US", '<number:number number:decimal-places="0" number:min-integer-digits="5"/>'),
}
LANGUAGE = {"de": ("de", "DE"), "en": ("en", "US"), "fr": ("fr", "FR")}

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2"
 xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.spreadsheet">
"""


def style(name, kind, language, country, body):
    return """<number:%s-style style:name="n%s" number:language="%s" number:country="%s"%s>%s</number:%s-style>
<style:style style:name="%s" style:family="table-cell" style:data-style-name="n%s"/>""" % (
        kind, name, language, country, ' number:automatic-order="false"' if kind == "date" else "", body, kind, name, name)


def cell(value, columns_style):
    attributes = ' table:style-name="%s"' % columns_style if columns_style else ""
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, bool):
        return '<table:table-cell%s office:value-type="boolean" office:boolean-value="%s"/>' % (attributes, str(value).lower())
    if isinstance(value, tuple):
        return '<table:table-cell%s office:value-type="date" office:date-value="%s"/>' % (attributes, value[0])
    if isinstance(value, (int, float)):
        return '<table:table-cell%s office:value-type="float" office:value="%s"/>' % (attributes, value)
    if value.startswith("of:="):
        return '<table:table-cell table:formula=%s/>' % quoteattr(value)
    lines = "".join("<text:p>%s</text:p>" % escape(line) for line in value.split("\n"))
    return '<table:table-cell office:value-type="string">%s</table:table-cell>' % lines


def fods(rows, date, number, price, boolean, language):
    styles = style("date", "date", *DATES[date]) if date else ""
    for name, of in (("number", number), ("price", price)):
        if of:
            styles += style(name, "number", *NUMBERS[of])
    if boolean:
        styles += style("boolean", "boolean", *LANGUAGE[boolean], "<number:boolean/>")
    general = style("general", "number", "en", "US", '<number:number number:min-integer-digits="1"/>')
    body = ""
    for row in rows:
        body += "<table:table-row>"
        for i, value in enumerate(row):
            s = ""
            if isinstance(value, bool):
                s = "boolean" if boolean else ""
            elif isinstance(value, tuple):
                s = "date" if date else "general"
            elif isinstance(value, (int, float)):
                s = "price" if i == 5 and price else "number" if number and i != 5 else ""
            body += cell(value, s)
        body += "</table:table-row>\n"
    return (HEAD + "<office:styles>" + '<style:default-style style:family="table-cell"><style:text-properties fo:language="%s" fo:country="%s"/></style:default-style>' % LANGUAGE[language]
            + "</office:styles><office:automatic-styles>" + general + styles + "</office:automatic-styles><office:body><office:spreadsheet><table:table table:name=\"Sheet1\">\n"
            + body + "</table:table></office:spreadsheet></office:body></office:document>\n")


CHARSETS = {"utf8": 76, "utf16": 65535, "cp1252": 1}
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
jobs = []


def sheet(name, rows=None, delimiter="semicolon", charset="utf8", date="iso", number=None, price=None, boolean="en", language="en", quote_all=False, as_shown=True, header=HEADER):
    rows = ROWS if rows is None else rows
    jobs.append((name, fods(([header] if header else []) + rows, date, number, price, boolean, language),
                 "%d,34,%d,1,,0,%s,true,%s,false" % (ord(DELIMITERS[delimiter]), CHARSETS[charset], str(quote_all).lower(), str(as_shown).lower())))


def write(name, data):
    with open(os.path.join(HERE, name), "wb") as f:
        f.write(data)


# Every delimiter in every encoding.
for d in DELIMITERS:
    for c in CHARSETS:
        sheet("%s-%s.csv" % (d, c), delimiter=d, charset=c)
# Every form of dates, also where the dates have two readings.
for d in DATES:
    sheet("date-%s.csv" % d, date=d)
for d in ("de", "us", "gb", "us-short", "us-long"):
    sheet("early-%s.csv" % d, rows=EARLY, date=d)
sheet("date-default.csv", date=None)
sheet("date-serial.csv", rows=[[(datetime.date.fromisoformat(v[0]) - datetime.date(1899, 12, 30)).days if isinstance(v, tuple) else v for v in row] for row in ROWS])
sheet("date-raw.csv", date="de", as_shown=False)
sheet("date-mixed.csv", rows=[ROWS[0][:3] + ["12/31/2027"] + ROWS[0][4:], ROWS[1][:3] + ["31/12/2027"] + ROWS[1][4:]])
sheet("date-text.csv", rows=[ROWS[0], ROWS[1][:3] + ["soon"] + ROWS[1][4:]], date="de")
# Numbers and truth values as countries write them.
sheet("number-de.csv", price="de", language="de")
sheet("number-us.csv", price="us", delimiter="comma")
sheet("number-euro.csv", price="euro", charset="cp1252", language="de")
sheet("number-scientific.csv", price="scientific")
sheet("thousands-de.csv", number="thousands-de", language="de")
sheet("thousands-us.csv", number="thousands-us", delimiter="comma")
sheet("boolean-number.csv", boolean=None)
sheet("boolean-de.csv", boolean="de", language="de")
sheet("boolean-fr.csv", boolean="fr", language="fr")
sheet("serial-number.csv", rows=[[int(row[0])] + row[1:4] + [str(row[4])] + row[5:] for row in ROWS], number="five")
# Quotes, empty cells and rows, and what people put around a table.
sheet("quote-all.csv", quote_all=True)
sheet("quote-all-comma.csv", quote_all=True, delimiter="comma", charset="cp1252")
sheet("empty-rows.csv", rows=[[None] * 7, ROWS[0], [None] * 7, [None] * 7] + ROWS[1:])
sheet("empty-columns.csv", rows=[row + [None, None, None] for row in ROWS] + [[None] * 9 + [" "]])
sheet("notes.csv", header=HEADER + ["Internal Notes"], rows=[row + ["call\nback"] for row in ROWS])
sheet("unnamed.csv", rows=[ROWS[0] + [None, "see mail"]] + ROWS[1:])
sheet("title.csv", header=None, rows=[["Customers 2027"], [None], HEADER] + ROWS)
sheet("totals.csv", rows=ROWS + [["Total", None, None, None, "of:=SUM([.E2:.E5])", "of:=SUM([.F2:.F5])"]])
sheet("errors.csv", rows=[ROWS[0], ROWS[1][:1] + ["of:=VLOOKUP(1;[.A1:.B2];9;0)"] + ROWS[1][2:], ROWS[2][:5] + ["of:=1/0"] + ROWS[2][6:]])
sheet("header-line-break.csv", header=["Serial", "Company\nName"] + HEADER[2:])
sheet("header-upper.csv", header=["SERIAL", "COMPANY NAME", "CREATED", "EXPIRES", "SEATS", "PRICE", "BETA"])
sheet("header-fields.csv", header=["serial", "company_name", "created", "expires", "seats", "price", "beta"])
sheet("header-twice.csv", header=["Serial", "Company Name", "Created", "Expires", "Seats", "Price", "SEATS"])
sheet("header-missing.csv", header=HEADER[1:], rows=[row[1:] for row in ROWS])
sheet("header-german.csv", header=["Nummer", "Firma", "Beginn", "Ende", "Plätze", "Preis", "Beta"], date="de", charset="cp1252", language="de")
sheet("header-delimiters.csv", header=["Serial", "Name, Company", "Created", "Expires", "Seats", "Price", "Beta"])

with tempfile.TemporaryDirectory() as tmp:
    for options in sorted({o for _, _, o in jobs}):
        group = [(name, source) for name, source, o in jobs if o == options]
        paths = [os.path.join(tmp, name.removesuffix(".csv") + ".fods") for name, _ in group]
        for path, (_, source) in zip(paths, group):
            with open(path, "w", encoding="utf-8") as f:
                f.write(source)
        subprocess.run(["soffice", "-env:UserInstallation=file://" + tmp + "/profile", "--headless", "--convert-to",
                        "csv:Text - txt - csv (StarCalc):" + options, "--outdir", tmp] + paths, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name, _ in group:
            with open(os.path.join(tmp, name), "rb") as f:
                write(name, f.read())


# What the rows are, whatever the file looks like.
def payloads(rows):
    lines = []
    for row in rows:
        values = {name.lower().replace(" ", "_"): v[0] if isinstance(v, tuple) else v for name, v in zip(HEADER, row) if v is not None}
        lines.append(json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n")
    return "".join(lines).encode()


write("want.ndjson", payloads(ROWS))
write("early.ndjson", payloads(EARLY))


# By hand: what other programs write.
def csv(delimiter, dates, end="\r\n", companies=("Müller & Söhne GmbH", '"Line one\nline two"', '"Zoé ""Quotes"", Inc; a|b"', ""), ids=("00123", "00124", "00125", "00126")):
    lines = [delimiter.join(HEADER)]
    for i, row in enumerate(ROWS):
        y, m, d = zip(*(v[0].split("-") for v in (row[2], row[3])))
        lines.append(delimiter.join([ids[i], companies[i]] + [dates % {"y": y[j], "m": m[j], "d": d[j]} for j in (0, 1)] + [str(row[4]), str(row[5]), {True: "TRUE", False: "FALSE", None: ""}[row[6]]]))
    return end.join(lines) + end


iso, de = "%(y)s-%(m)s-%(d)s", "%(d)s.%(m)s.%(y)s"
write("hand-excel-utf8.csv", ("\ufeff" + csv(";", de)).encode())
write("hand-excel-sep.csv", ("sep=;\r\n" + csv(";", de)).encode("cp1252"))
write("hand-excel-unicode.csv", ("\ufeff" + csv("\t", de)).encode("utf-16-le"))
write("hand-utf16be.csv", ("\ufeff" + csv(",", iso)).encode("utf-16-be"))
write("hand-utf16-no-mark.csv", csv(";", iso).encode("utf-16-le"))
write("hand-formula-ids.csv", csv(";", iso, ids=['="%s"' % row[0] for row in ROWS]).encode())
write("hand-quoted-formula-ids.csv", csv(",", iso, ids=['"=""%s"""' % row[0] for row in ROWS]).encode())
write("hand-shortened-ids.csv", csv(";", iso, ids=["1.23457E+15", "1.23457E+15", "1.23457E+15", "1.23457E+15"]).encode())
write("hand-padded.csv", csv(", ", iso).encode())
write("hand-yyyymmdd.csv", csv(";", "%(y)s%(m)s%(d)s").encode())
write("hand-mac.csv", csv(",", iso, end="\r").encode())
write("hand-cp850.csv", csv(";", de).encode("cp850"))
write("hand-macintosh.csv", csv(";", de).encode("mac_roman"))
write("hand-french.csv", csv(";", iso, companies=("Crème", "Société", "Façade", "")).encode("cp1252"))
write("hand-czech.csv", csv(";", de, companies=("Dvořák", "Škoda", "Železárny", "")).encode("cp1250"))
write("hand-broken-row.csv", csv(";", iso).encode() + "00127;M\u00fcller;2026-01-01;2027-01-01;1;1;TRUE\r\n".encode("cp1252"))
write("hand-lost.csv", csv(";", iso, companies=("M\ufffdller & S\ufffdhne GmbH", '"Line one\nline two"', '"Zoé ""Quotes"", Inc; a|b"', "")).encode())
write("hand-short-rows.csv", csv(";", iso).replace(";99;FALSE", ";99").encode())
write("hand-open-quote.csv", csv(";", iso).replace('line two"', "line two").encode())
write("hand-trailing.csv", csv(";", iso).replace("Beta\r\n", "Beta;;\r\n").replace("TRUE\r\n", "TRUE;;\r\n").encode())
write("hand-decimal-comma.csv", csv(";", iso).replace("1250.5", "1250,5").replace("0.25", "0,25").encode())
write("hand-excel-1904.csv", csv(";", iso).replace("2027-12-31", "45291").encode())
write("hand-workbook.xlsx", b"PK\x03\x04\x14\x00\x06\x00")
write("hand-empty.csv", b"")
