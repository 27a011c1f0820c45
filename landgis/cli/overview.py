"""The overview of all commands, for which no room is entered: a room, and all it stands on, is imported when a command of it is called."""

from importlib import import_module
from typing import Any, Final

from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

#: Every command in the order of the overview: its room, and what the overview says of it; of a hidden one nothing.
COMMANDS: Final = {
    "demo": ("demo", "示例：建库、导入示例城市、评估、发布、打开地图。 | The sample city, all the way to the map."),
    "up": ("service", "启动数据库、升级、打开服务。 | Start the database, migrate, serve."),
    "migrate": ("database", "把数据库升级到本版本。 | Bring the database to this version."),
    "doctor": ("database", "检查数据库、角色、索引与程序文件是否如所需。 | Is everything as it should be."),
    "serve": ("service", "打开网页与接口服务，直到 Ctrl-C。 | Serve pages and API until Ctrl-C."),
    "worker": ("working", "执行排队的任务，直到 Ctrl-C；`up` 自带一个。 | Work on the queue until Ctrl-C; `up` brings one along."),
    "work": ("working", ""),  # for a worker alone
    "jobs": ("working", "列出任务，或取消其一。 | List the jobs, or give one up."),
    "db": ("database", "内置数据库：启动、停止、状态、地址。 | The embedded database."),
    "ingest": ("files", "导入文件：读取、对应、检查、入库。 | A file becomes stock."),
    "preview": ("files", "看看文件里有什么：图层、列、编码、坐标系，不写入。 | What is in a file, before it is taken in."),
    "export": ("batches", "把现有存量写成 .gpkg 或 .xlsx；再导入时什么也不变。 | The stock as it stands; an import of it changes nothing."),
    "batch": ("batches", "批次：列表、详情、差异、撤销。 | The imports: what each changed, undo."),
    "correction": ("corrections", "更正登记：导入后仍有效。 | Corrections that outlive every import."),
    "profile": ("profiles", "字段方案：列表、内容、按文件提议。 | Profiles of columns."),
    "assess": ("judging", "评估：疑似闲置、低效、亩均评价、分类处置。 | Stock becomes findings, grades and answers."),
    "explore": ("judging", "探索性排序：换一种权重看看，不是法定评价。 | Rank by other weights, for looking around."),
    "zones": ("judging", "园区集约利用：开发、结构、强度、投入产出、闲置与潜力。 | How each park as a whole uses its land."),
    "idle": ("judging", "只凭合同台账筛查疑似闲置，不入库。 | Screen a file of contracts for suspected idle land; nothing is stored."),
    "explain": ("judging", "说明一个地块的结论：事实、检验、关口、来源。 | Why a parcel got its answer, back to the cell of each number."),
    "dossier": ("judging", "把一个地块的一地一策写成网页文件，可打印为 A4。 | One parcel's paper as a file that prints on A4."),
    "run": ("judging", "评估：复核。 | Runs: make one again and compare."),
    "rules": ("judging", "规则集：有哪些、写了什么、对不对、差在哪里。 | The rulesets."),
    "site": (
        "planning",
        "为一个项目找最省的成片地块：证明、次优、逐块拒绝代价；找不到时说明放宽什么。 | The cheapest site for one project.",
    ),
    "demand": ("planning", "项目用地需求：导入、列出。 | The projects that need land."),
    "plan": ("planning", "成片供地方案：制定、比较、指定、禁用、采纳。 | Plans of sites and moves."),
    "case": ("cases", "处置任务：立案、登记、列出、详情。 | Cases: who looks after a suspicion, what was done, what is due."),
    "audit": ("audit", "操作记录：谁在何时做了什么，最近的在前。 | Who did what, and when; the latest first."),
    "account": ("accounts", "账号：开立、列出、口令、园区、角色、停用、令牌。 | Accounts: who may log in, and to which parks."),
    "map": ("showing", "把一次评估的地图写成一个文件，无网络也能打开。 | One file that opens without a network."),
    "print": ("showing", "把一次评估画成一张图纸 .pdf 或 .png：图例、指北针、比例尺、日期。 | One lying sheet, to scale."),
    "ledger": ("showing", "把一次评估的台账写成 .xlsx、.gpkg、.geojson、.csv、.gdb.zip 或 .zip。 | The ledger of a run."),
}  # fmt: skip


class Overview(TyperGroup):
    """All commands by what is said of them, until one is called."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401  as typer makes it
        super().__init__(**given)
        for name, (_, said) in COMMANDS.items():
            self.add_command(TyperCommand(name, help=said, hidden=not said))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:  # noqa: ANN401
        """Give the command that is called, out of its room."""
        name, _, rest = super().resolve_command(ctx, args)
        room = import_module(f"landgis.cli.{COMMANDS[str(name)][0]}")
        return name, get_group(room.commands).commands[str(name)], rest
