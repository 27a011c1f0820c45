"""Commands for profiles of columns."""

from pathlib import Path
from typing import Annotated, Any

import typer

from landgis.cli.common import given_settings, print_line, print_rows, reply, steps
from landgis.workflows import profiles

commands = typer.Typer()
profile_ = typer.Typer(help="字段方案：列表、内容、按文件提议。 | Profiles of columns.", no_args_is_help=True)
commands.add_typer(profile_, name="profile")


@profile_.command("list")
def profile_list() -> None:
    """列出随附的字段方案。 | The profiles that are shipped."""
    reply(
        {"profiles": profiles.packaged()},
        lambda answer: print_rows(
            ("方案 profile", "来源 source", "表 tables"),
            [(one["name"], f"{one['zh']} | {one['en']}", ", ".join(one["tables"])) for one in answer["profiles"]],
        ),
    )


@profile_.command("show")
def profile_show(
    profile: Annotated[str, typer.Argument(help="方案名或 .toml 文件 | profile, or a .toml file", metavar="PROFILE")],
) -> None:
    """一个方案的全部对应。 | All that a profile says."""
    reply(profiles.lay_out(profile), _print_profile)


@profile_.command("suggest")
def profile_suggest(
    files: Annotated[list[Path], typer.Argument(help="文件 | files", metavar="FILE…")],
    encoding: Annotated[str | None, typer.Option(help="文字编码 | text encoding")] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="写成 .toml，改好后使用 | write it as a profile to be looked through"),
    ] = None,
) -> None:
    """按列名、拼音首字母、数值和单位提议一个方案。 | Propose a profile by names, initials, values and units."""
    given_settings()
    with steps() as tell:
        found = profiles.propose(files, encoding=encoding, output=output, tell=tell)
    reply(found, _print_proposal)


def _print_profile(answer: dict[str, Any]) -> None:
    print_line(f"{answer['name']}: {answer['zh']} | {answer['en']}")
    for one in answer["tables"]:
        own = "（本系统列名 our own names）" if one["own_names"] else ""
        print_line(f"{one['table']} ← {', '.join(one['layers'])}{own}")
        lines = [
            (item["column"], item["zh"], ", ".join(item["from"]) or str(item["value"]), item["unit"] or "")
            for item in one["columns"]
        ]
        print_rows(("列 column", "名称 name", "来自 from", "单位 unit"), lines)


def _print_proposal(answer: dict[str, Any]) -> None:
    for fit in answer["fits"]:
        print_line(f"随附方案 shipped profile {fit['name']}: {100 * fit['share']:.0f} %")
    for layer in answer["layers"]:
        sure = "" if layer["is_sure"] else "（编号列不确定 key not certain）"
        print_line(f"{layer['name']} ({layer['rows']}) → {layer['table'] or '?'}{sure}")
        lines = [
            (
                one["header"],
                f"{one['zh']} {one['column']}",
                f"{one['score']:.2f}",
                one["reason"]["zh"],
                one["unit"]
                or one["unit_from"]
                or ("? " + (one["hint"]["zh"] if one["hint"] else "") if one["asks_unit"] else ""),
                " / ".join(one["examples"]),
            )
            for one in layer["columns"]
        ]
        print_rows(("文件列 header", "字段 column", "把握 score", "理由 reason", "单位 unit", "示例 examples"), lines)
        if layer["left"]:
            print_line(f"未用 not used: {', '.join(layer['left'])}")
