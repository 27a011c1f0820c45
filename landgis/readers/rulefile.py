"""Open a ruleset of one's own: a TOML file, in UTF-8."""

from pathlib import Path

from landgis.terms.errors import InputError, Words


def read_rule_text(path: Path) -> str:
    """Read the very text of a ruleset file.

    Raises
    ------
    InputError
        The file is not there, cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(
            Words("规则集文件打不开。", "The ruleset file cannot be opened."),
            at=str(path),
            why=Words(str(error.strerror), str(error.strerror)),
            mend=Words("核对路径与权限。", "Check the path and its permissions."),
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            Words("规则集文件不是 UTF-8。", "The ruleset file is not UTF-8."),
            at=str(path),
            mend=Words("另存为 UTF-8。", "Save it as UTF-8."),
        ) from error
