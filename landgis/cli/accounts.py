"""Commands for accounts: who may come in, as what, and to which parks. They need the administrator's address of the database."""

import sys
from getpass import getpass
from typing import Annotated, Any, Literal

import typer

from landgis.cli.common import administrator, call, console, given_settings, print_line, print_list, reply, split_names
from landgis.store import accounts as stored
from landgis.terms.accounts import ROLE
from landgis.terms.errors import InputError, Words
from landgis.workflows import accounts

commands = typer.Typer()
account = typer.Typer(
    help="账号：开立、列出、口令、园区、角色、停用、令牌。 | Accounts: who may log in, and to which parks.",
    no_args_is_help=True,
)
commands.add_typer(account, name="account")
Name = Annotated[str, typer.Argument(help="账号 | the account's name", metavar="NAME")]
Role = Literal["reader", "manager", "checker"]
Parks = Annotated[str, typer.Option("--parks", help="可看的园区代码，以逗号分隔；* 表示全部 | parks, * for all")]


@account.command("add")
def account_add(
    name: Name,
    parks: Parks,
    role: Annotated[Role, typer.Option(help="角色：查看、经办、复核 | what the person may do")] = "reader",
    shown: Annotated[
        str | None, typer.Option("--shown", help="姓名，缺省同账号 | the name shown, on cases too")
    ] = None,
) -> None:
    """开立账号；口令从提示或标准输入读取。 | Make an account; the password comes from a prompt or standard input."""
    password = _password()
    with administrator(given_settings()) as conn:
        _reply(accounts.add(conn, name, shown or name, role, split_names(parks), password))


@account.command("list")
def account_list() -> None:
    """列出账号、园区、上次登录与令牌。 | The accounts, their parks, last logins and tokens."""
    with administrator(given_settings()) as conn:
        reply({"accounts": stored.list_accounts(conn)}, _print_accounts)


@account.command("password")
def account_password(name: Name) -> None:
    """重设口令，已有登录随即失效。 | Set another password, which ends the account's sessions."""
    password = _password()
    with administrator(given_settings()) as conn:
        accounts.set_password(conn, name, password)
    reply({"account": name})


@account.command("parks")
def account_parks(
    name: Name, parks: Annotated[str, typer.Argument(help="园区代码，以逗号分隔；* 表示全部 | parks", metavar="PARKS")]
) -> None:
    """改可看的园区，五秒内生效。 | Say which parks an account may see; it holds within five seconds."""
    with administrator(given_settings()) as conn:
        _reply(accounts.set_parks(conn, name, split_names(parks)))


@account.command("role")
def account_role(name: Name, role: Annotated[Role, typer.Argument(help="角色 | role", metavar="ROLE")]) -> None:
    """改角色，五秒内生效。 | Say what an account may do; it holds within five seconds."""
    with administrator(given_settings()) as conn:
        accounts.set_role(conn, name, role)
    reply({"account": name, "role": role})


@account.command("disable")
def account_disable(
    name: Name, undo: Annotated[bool, typer.Option("--undo", help="恢复使用 | let it in again")] = False
) -> None:
    """停用账号：登录与令牌随即失效，所做登记保留。 | Let an account in no more; what it recorded stays."""
    with administrator(given_settings()) as conn:
        accounts.disable(conn, name, not undo)
    reply({"account": name, "disabled": not undo})


@account.command("token")
def account_token(
    name: Name,
    label: Annotated[str, typer.Option(help="用途 | what it is for")] = "QGIS",
    days: Annotated[int, typer.Option(help="有效天数 | days until it ends", min=1, max=730)] = 365,
    end: Annotated[bool, typer.Option("--end", help="作废此令牌 | end it instead")] = False,
) -> None:
    """给桌面软件一个只读令牌，只显示这一次。 | Make a token that reads for a desktop program; it is shown this once."""
    with administrator(given_settings()) as conn:
        if end:
            stored.end_token(conn, accounts.account_name(name), label)
            reply({"account": name, "label": label, "ended": True})
            return
        secret, ends_at = accounts.make_token(conn, name, label, days)
    reply({"token": secret, "ends_on": ends_at.date().isoformat()}, lambda answer: print_line(answer["token"]))


def _reply(answer: dict[str, Any]) -> None:
    """Tell what was kept, and which parks nothing is known of."""
    reply(answer, lambda told: reply({name: value for name, value in told.items() if name != "unknown_parks"}))
    if answer["unknown_parks"] and not call.is_json:
        codes = ", ".join(answer["unknown_parks"])
        said = f"库中尚无园区 {codes}，导入后可见；请核对代码。 | No park {codes} in the stock yet; check the code, or import it."
        console.print(said, style="yellow", markup=False, highlight=False, soft_wrap=True)


def _password() -> str:
    """Read a password: twice from whoever sits there, or one line of standard input; never from the command."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    given = getpass("口令 password: ")
    if getpass("再输一次 again: ") != given:
        raise InputError(
            Words("两次输入的口令不同。", "The two passwords differ."), mend=Words("重新输入。", "Type it again.")
        )
    return given


def _print_accounts(answer: dict[str, Any]) -> None:
    print_list(
        (
            "账号 account",
            "姓名 shown",
            "角色 role",
            "园区 parks",
            "上次登录 last login",
            "停用 disabled",
            "令牌 tokens",
        ),
        [
            (
                one["name"],
                one["shown_name"],
                f"{ROLE[one['role']].zh} {one['role']}",
                ",".join(one["park_codes"]),
                f"{one['last_login_at']:%Y-%m-%d %H:%M}" if one["last_login_at"] else "–",
                f"{one['disabled_since']:%Y-%m-%d}" if one["disabled_since"] else "",
                ", ".join(f"{token['label']} → {token['ends_on']}" for token in one["tokens"]),
            )
            for one in answer["accounts"]
        ],
    )
