"""The sentences of the command line in Chinese and English."""

from cityloom.base.reasons import register

register(
    {
        "command.train_from": (
            "请给出 FILE 以及 --text 和 --label，或只用 --from-city",
            "name a FILE with --text and --label, or say --from-city without a file",
        ),
        "command.no_labels": (
            "列{column}里没有类别；请检查列名",
            "the column {column} holds no class; check its name",
        ),
        "command.lexicon_wrong": ("{file}不能用：{why}", "{file} cannot be used: {why}"),
        "command.say_city": (
            "本系统有多个城市，请用 --city 说明是哪一个：{known}",
            "there are several cities, so say --city; one of: {known}",
        ),
        "command.no_file": ("没有文件 {file}", "there is no file {file}"),
        "command.file_unusable": ("{why}", "{why}"),
        "command.no_login": (
            "没有登录名 {login}；`cityloom users list` 列出所有人",
            "nobody has the login {login}; `cityloom users list` shows who there is",
        ),
        "command.no_login_yet": (
            "没有登录名 {login}；请把此人加入 people.csv 并执行 `cityloom city load`，或用 --admin 建立管理员",
            "nobody has the login {login}; add the person to people.csv and run `cityloom city load`, "
            "or say --admin to make an administrator",
        ),
        "command.no_post": (
            "{login} 已没有岗位；请先把此人加入 people.csv",
            "{login} holds no post any more; put the person into people.csv first",
        ),
        "command.weak_password": ("密码不符合要求：{why}", "the password will not do: {why}"),
        "command.bad_mail": (
            "这不是邮箱地址；例如 name@city.example",
            "this is no mail address; write for example name@city.example",
        ),
        "command.demo_only": (
            "公用密码只用于演示；请用 `cityloom users password LOGIN`",
            "a shared password is for demos; use `cityloom users password LOGIN`",
        ),
        "command.bad_part": (
            "--part 写成 1/2：两个进程中的第一个；收到的是 {part}",
            "--part is written 1/2, the first of two processes; it was {part}",
        ),
        "command.login_or_service": (
            "请用 --login（某人的岗位）或 --service（令牌自己的岗位），二者取一",
            "say either --login (a person's post) or --service (a post of its own)",
        ),
        "command.no_register": (
            "{kind} 不在名册 {known} 之中；请用 --kind 说明",
            "{kind} is none of the registers {known}; name one with --kind",
        ),
        "command.no_build": (
            "{folder} 没有 build.py，它的文件是手工写的",
            "{folder} has no build.py; its files are made by hand",
        ),
        "command.not_python": ("{file} 不能作为 Python 读取", "{file} cannot be read as Python"),
        "command.no_city_file": (
            "{folder} 没有可读的 city.toml；请看 `cityloom city check`",
            "{folder} has no city.toml that can be read; see `cityloom city check`",
        ),
        "command.areas_wrong": (
            "{folder} 的区域有错误；请看 `cityloom city check`",
            "the areas of {folder} have errors; see `cityloom city check`",
        ),
        "command.standards_wrong": (
            "{folder} 不是可以读取标准的城市文件夹；请看 `cityloom city check`。{why}",
            "{folder} is no city folder whose standards can be read; see `cityloom city check`. {why}",
        ),
        "command.bad_since": (
            "{text} 既不是 365d 这样的天数，也不是 2026-01-31 这样的日期",
            "{text} is neither days like 365d nor a date like 2026-01-31",
        ),
        "command.single_file": (
            "单个文件只能是 {known}；否则请给出城市文件夹",
            "a single file is one of {known}; else name a city folder",
        ),
        "command.file_needs_city": (
            "单个文件需要说明是哪个城市：--city CODE",
            "a single file needs the city it is for: --city CODE",
        ),
        "command.no_open311": (
            "{partner} 在 city.toml 里没有 `open311`；有的是：{known}",
            "{partner} has no `open311` in city.toml; those that have: {known}",
        ),
        "command.no_limit": ("没有限制 {name}；有：{known}", "there is no limit {name}; there are: {known}"),
        "command.version_of_folder": (
            "文件夹还不是一个版本，不能用 --after",
            "a folder is no version yet, so --after does not go with it",
        ),
        "command.first_version": (
            "城市 {code} 只有一个版本，没有可比的",
            "the city {code} has one version only, so there is nothing to compare",
        ),
        "command.address_or_all": (
            "请用 --address 说明地址，或用 --all 表示所有人，二者取一",
            "say either --address or, for everybody, --all",
        ),
        "command.no_chore": ("没有例行工作 {name}；有：{known}", "there is no chore {name}; there are: {known}"),
        "command.no_shell": (
            "看不出您用的是哪个命令行；请说明 bash、zsh 或 fish",
            "your shell cannot be told from SHELL; name one of bash, zsh, fish",
        ),
    }
)
