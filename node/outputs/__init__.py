"""Results of a search in forms that other programs read: CSV, ODS, JSON, and an Atom feed.

Law of this folder: rows of plain values in, bytes out; no request, no connection but in `rows`. Texts come from
strangers: a spreadsheet must not run them, and a reader of XML must not choke on them. `rows` makes the rows,
`csv_file`, `ods_file`, `json_file` and `atom_feed` write them, a piece at a time.
"""
