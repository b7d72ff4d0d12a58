"""OneRoster's manifest.csv: which version the files have, what each holds, and who sent them."""

from __future__ import annotations

from dataclasses import dataclass, field

from store.importing.csv_rows import read_csv
from store.importing.files import BrokenFileError, Bundle
from store.importing.oneroster.tables import BY_FILE, TABLES, UNREAD, VERSIONS, RosterFile
from store.importing.report import Report
from store.importing.transaction import Progress

FILE = "manifest.csv"
BULK, DELTA, ABSENT = "bulk", "delta", "absent"
MODES = (BULK, DELTA, ABSENT)
HEADER = ["propertyName", "value"]


@dataclass
class Manifest:
    """`modes` has the mode of each file that was declared; `source` names the system that sent it.
    `missing` are files that should have been read and are not.
    """

    version: str = "1.1"
    modes: dict[str, str] = field(default_factory=dict)
    source: str = "oneroster"
    system_name: str = ""
    missing: set[str] = field(default_factory=set, init=False)

    def mode(self, table: RosterFile) -> str:
        """How a file of this version is to be read."""
        return self.modes.get(table.file, ABSENT) if self.version in table.versions else ABSENT


def read_manifest(bundle: Bundle, report: Report, progress: Progress | None = None) -> Manifest:
    """The manifest, with what is wrong with it, and with the files it names, as faults.

    Without one, or a sound one, all files that are there are taken for bulk.
    """
    if FILE not in bundle.names:
        reason = "the file is missing: it says what the other files hold"
        report.fault(FILE, 0, "", "", reason, whole=True)
        return _guessed(bundle)
    properties: dict[str, tuple[int, str]] = {}
    header: list[str] = []
    try:
        for line, cells, wrong in read_csv(bundle, FILE, progress, report.remark):
            if not header:
                header = cells
                continue
            surplus = cells[len(HEADER) :]
            if surplus and not any(surplus):
                report.remark(FILE, "ignored empty cells at the ends of rows")
            elif wrong:
                # It is taken as it stands all the same: one fault, and none for each file that it names.
                report.fault(FILE, line, "", ",".join(cells), wrong)
            _collect(line, cells, properties, report)
    except BrokenFileError as error:
        report.unreadable(error.fault, alone=error.alone)
        return _guessed(bundle)
    if header != HEADER:
        reason = "the header must be propertyName,value" if header else "the file is empty"
        report.fault(FILE, 1, "", ",".join(header), reason, whole=True)
        if "oneroster.version" not in properties:
            return _guessed(bundle)
        properties.setdefault(header[0], (1, header[-1]))
    manifest = Manifest(
        version=_version(properties, bundle, report), modes=_modes(properties, report), **_sender(properties)
    )
    _check_presence(manifest, bundle, report)
    return manifest


def _collect(line: int, cells: list[str], properties: dict[str, tuple[int, str]], report: Report) -> None:
    if cells[0] in properties:
        report.fault(FILE, line, "propertyName", cells[0], "the property is there twice")
    else:
        properties[cells[0]] = (line, cells[1] if len(cells) > 1 else "")


def _version(properties: dict[str, tuple[int, str]], bundle: Bundle, report: Report) -> str:
    line, layout = properties.get("manifest.version", (0, ""))
    if layout != "1.0":
        report.fault(FILE, line, "manifest.version", layout, "1.0 is needed")
    line, version = properties.get("oneroster.version", (0, ""))
    if version in VERSIONS:
        return version
    report.fault(FILE, line, "oneroster.version", version, f"one of {', '.join(VERSIONS)} is needed")
    return _guessed(bundle).version


def _modes(properties: dict[str, tuple[int, str]], report: Report) -> dict[str, str]:
    modes: dict[str, str] = {}
    for name, (line, value) in properties.items():
        if not name.startswith("file."):
            continue
        if value in MODES:
            modes[f"{name.removeprefix('file.')}.csv"] = value
        else:
            report.fault(FILE, line, name, value, f"one of {', '.join(MODES)} is needed")
    return modes


def _sender(properties: dict[str, tuple[int, str]]) -> dict[str, str]:
    """Who sent the files; some write "absent" where they have nothing to say."""
    code, name = (
        properties.get(key, (0, ""))[1].strip() for key in ("source.systemCode", "source.systemName")
    )
    code, name = ("" if value == ABSENT else value for value in (code, name))
    who = code or name
    return {"source": f"oneroster:{who}" if who else "oneroster", "system_name": name}


def _check_presence(manifest: Manifest, bundle: Bundle, report: Report) -> None:
    for table in TABLES:
        if manifest.version not in table.versions:
            continue
        there = table.file in bundle.names
        mode = manifest.modes.get(table.file)
        if mode in (BULK, DELTA) and not there:
            reason = f"the manifest declares it as {mode}, and it is missing"
            report.fault(table.file, 0, "", "", reason, whole=True)
            manifest.modes[table.file] = ABSENT
            manifest.missing.add(table.file)
        elif there and mode in (None, ABSENT):
            said = "does not name it" if mode is None else "declares it absent"
            reason = f"the file is there, and the manifest {said}"
            report.fault(table.file, 0, "", "", reason, whole=True)
            manifest.missing.add(table.file)


def _guessed(bundle: Bundle) -> Manifest:
    manifest = Manifest(
        version="1.2" if "roles.csv" in bundle.names else "1.1",
        modes={name: BULK for name in bundle.names if name in BY_FILE},
    )
    manifest.missing.update(name for name in BY_FILE if name not in bundle.names)
    return manifest


def unread(manifest: Manifest, bundle: Bundle) -> list[str]:
    """Files that are there and not read: those that Muster has no use for, and those unknown."""
    return [
        name
        for name in bundle.names
        if name != FILE and (name in UNREAD or name not in BY_FILE or manifest.mode(BY_FILE[name]) == ABSENT)
    ]
