"""Values that stand in files: a folder of secrets, or a file that a `*_FILE` variable names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.settings.problem import Given, Problem, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.settings.option import Option

_LARGEST = 64 * 1024


def read_value(path: Path) -> str:
    """The file's text without its last line end; OSError, or ValueError for what is no text."""
    with path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError("larger than 64 KiB")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise ValueError("not UTF-8 text") from None
    return text.removesuffix("\n").removesuffix("\r")


def why_unreadable(error: OSError | ValueError) -> str:
    """What stands in the way of reading a file, in small letters."""
    said = error.strerror if isinstance(error, OSError) else str(error)
    return (said or "cannot be read").lower()


def named_files(
    options: Iterable[Option], names: Mapping[str, Given]
) -> tuple[dict[str, Given], list[Problem]]:
    """Secrets whose file was named; `names` are by field, as given by flag or variable."""
    found, problems = {}, []
    for option in options:
        name = names.get(option.field)
        if name is None:
            continue
        try:
            text = read_value(Path(name.text).expanduser())
        except (OSError, ValueError) as error:
            problems.append(_unreadable(option, name.text, str(name), error))
        else:
            found[option.field] = Given(text, Source.SECRET_FILE, name.text)
    return found, problems


def folder_files(
    options: Iterable[Option], folder: Path | None
) -> tuple[dict[str, Given], list[Problem]]:
    """Files of the folder that are named as a variable, in any case."""
    try:
        paths = {path.name.upper(): path for path in folder.iterdir()} if folder else {}
    except OSError:
        # Most machines have no such folder; one that may not be listed holds nothing for us.
        return {}, []
    found, problems = {}, []
    for option in options:
        path = paths.get(option.variable)
        if path is None or option.details.flag_only:
            continue
        try:
            found[option.field] = Given(read_value(path), Source.SECRET_FILE, str(path))
        except (OSError, ValueError) as error:
            problems.append(_unreadable(option, str(path), "", error))
    return found, problems


def _unreadable(option: Option, path: str, named_by: str, error: OSError | ValueError) -> Problem:
    return Problem(
        option.file_variable if named_by else option.variable,
        why_unreadable(error),
        value=path if named_by else None,
        origin=named_by or f"{Source.SECRET_FILE} {path}",
        allowed="the path of a readable file" if named_by else "a readable file",
        field=option.field,
    )
