"""What each setting of the environment is about and may be, its meaning in Chinese (in English: environment.py)."""

from __future__ import annotations

from dataclasses import dataclass

# In which order the page shows them, and what a setting belongs to.
GROUPS = ("running", "keeping", "outside", "messages", "signing", "logging", "accounts", "provider", "doors")


@dataclass(frozen=True)
class SettingWords:
    """Its group, the form of its value (a word of `settings.form_…`), and its sentence in Chinese."""

    group: str
    form: str
    zh: str


WORDS_OF: dict[str, SettingWords] = {
    "CITYLOOM_ENV": SettingWords("running", "mode", "demo：全部自动生成、内置服务；production：什么都不猜。"),
    "CITYLOOM_VAR": SettingWords("running", "folder", "运行数据的文件夹；空则为项目下的 var。"),
    "CITYLOOM_SECRET_KEY": SettingWords(
        "keeping", "secret", "为会话和表单签名，50个以上随机字符。演示时生成在 var/secrets 里。"
    ),
    "CITYLOOM_DATA_KEYS": SettingWords(
        "keeping",
        "secrets",
        "封存个人数据的 Fernet 密钥，用逗号分隔；第一把封存，全部都能打开。换密钥时把新的放在最前，再运行 "
        "cityloom keys rotate 和 cityloom keys retire。演示时自动生成。",
    ),
    "CITYLOOM_ALLOWED_HOSTS": SettingWords("running", "list", "可以用哪些主机名访问页面，用逗号分隔。"),
    "CITYLOOM_DATABASE_URL": SettingWords("keeping", "address", "PostgreSQL 15 或更新版本的地址；空则用内置服务器。"),
    "CITYLOOM_DATABASE_POOL": SettingWords(
        "keeping", "number", "一个进程最多保留几个数据库连接；0 为每线程一个。cityloom web 自用 6 个。"
    ),
    "CITYLOOM_NATS_MONITOR": SettingWords(
        "running", "address", "NATS 服务器监控端口的 HTTP 地址，据此得知谁在订阅 SensorThings；空则用内置服务器的。"
    ),
    "CITYLOOM_NATS_URL": SettingWords("running", "address", "带 JetStream 的 NATS 服务器地址；空则用内置服务器。"),
    "CITYLOOM_CLOCK": SettingWords("running", "text", "演示按自己的时间运行时的时钟，各进程相同；空则用真实时间。"),
    "CITYLOOM_CITY": SettingWords("running", "text", "装载了几个城市时，页面显示哪一个（代码）；空则为第一个。"),
    "CITYLOOM_DEVICE_MESSAGES": SettingWords("doors", "number", "一台设备每秒最多几条消息（10秒平均），超过即隔离。"),
    "CITYLOOM_DEVICE_READINGS": SettingWords("doors", "number", "一台设备每秒最多几个读数（10秒平均），超过即隔离。"),
    "CITYLOOM_QUARANTINE_MINUTES": SettingWords("doors", "minutes", "发送过多的设备隔离多少分钟。"),
    "CITYLOOM_DEVICE_EARLY_SECONDS": SettingWords(
        "doors", "number", "设备的时钟最多可快几秒；更晚的读数拒收并计数。"
    ),
    "CITYLOOM_SENSE_DAYS": SettingWords("keeping", "days", "消息日志保留设备消息几天。"),
    "CITYLOOM_SENSE_GB": SettingWords("keeping", "number", "消息日志最多占用几 GB；超过时最旧的先删。"),
    "CITYLOOM_READINGS_DAYS": SettingWords(
        "keeping", "days", "读数在数据库里保留几天（至少8天），之后移入 Parquet 文件。"
    ),
    "CITYLOOM_ARCHIVE": SettingWords("keeping", "folder", "这些文件的文件夹；空则为运行数据下的 archive。"),
    "CITYLOOM_ARCHIVE_DAYS": SettingWords(
        "keeping", "days", "几天后读数只保留每小时的个数、最低、最高、总和与最后值；0 为永远保留。"
    ),
    "CITYLOOM_MQTT_HOST": SettingWords("outside", "text", "内置服务器在哪个地址上等候设备。"),
    "CITYLOOM_MQTT_CERT": SettingWords("outside", "file", "对设备使用 TLS 的证书文件；空则不用 TLS。"),
    "CITYLOOM_MQTT_KEY": SettingWords("outside", "file", "该证书的私钥文件。"),
    "CITYLOOM_MQTT_ADDRESS": SettingWords("outside", "address", "设备连接 MQTT 的对外地址；SensorThings 据此告知。"),
    "CITYLOOM_MQTT_BRIDGE": SettingWords("outside", "address", "cityloom ingest 另外监听的已有 MQTT 服务器地址。"),
    "CITYLOOM_SENSE_SYNC": SettingWords(
        "keeping", "text", "always：每条消息写到磁盘后才确认，断电也不丢；空则每两分钟写一次。"
    ),
    "CITYLOOM_LIVE_URL": SettingWords("outside", "address", "浏览器看到的实时进程地址；会写进内容安全策略。"),
    "CITYLOOM_SMS_URL": SettingWords(
        "messages", "address", "由什么发送短信；演示为空时用模拟通道（pretend:），生产环境为空则不发。"
    ),
    "CITYLOOM_SMS_FORM": SettingWords("messages", "file", "说明短信网关请求格式的 TOML 文件，连接器旁有样例。"),
    "CITYLOOM_MAIL_URL": SettingWords(
        "messages", "address", "由什么发送邮件；演示为空时用模拟通道（pretend:），生产环境为空则不发。"
    ),
    "CITYLOOM_SITE_URL": SettingWords("outside", "address", "外面访问页面的地址；消息里的链接都以它开头。"),
    "CITYLOOM_TIME_ZONE": SettingWords("running", "zone", "日志和不属于任何城市的页面所用的时区。"),
    "CITYLOOM_LANG": SettingWords("running", "lang", "命令用什么语言说话；空则随系统。"),
    "CITYLOOM_LANGUAGE": SettingWords("running", "language", "访客没有指定语言时用哪一种。"),
    "CITYLOOM_PARTNER_KEYS": SettingWords(
        "outside", "secrets", "其他 Open311 服务器给本市的接口密钥，按 city.toml 里的伙伴代码写。"
    ),
    "CITYLOOM_BIKE_FEEDS": SettingWords(
        "outside", "secrets", "单车企业的 GBFS 地址，含密钥或因部署而异时写在这里，优先于 city.toml。"
    ),
    "CITYLOOM_WEBHOOK_HOSTS": SettingWords("outside", "list", "允许向哪些内网主机、地址和网段推送；公网地址不必写。"),
    "CITYLOOM_WEBHOOK_TRIES": SettingWords("outside", "number", "一条推送最多尝试几次。"),
    "CITYLOOM_WEBHOOK_DAYS": SettingWords("outside", "days", "几天后放弃一条推送。"),
    "CITYLOOM_WEBHOOK_OFF_DAYS": SettingWords("outside", "days", "连续失败几天后停用该推送并发邮件告知。"),
    "CITYLOOM_WEBHOOK_KEPT_DAYS": SettingWords("outside", "days", "推送记录保留几天，期间可以重发。"),
    "CITYLOOM_MEDIA_ROOT": SettingWords("keeping", "folder", "照片和文件的文件夹；空则为运行数据下的 media。"),
    "CITYLOOM_TRUSTED_PROXIES": SettingWords(
        "doors", "number", "前面有几层代理的 X-Forwarded-For 和 X-Forwarded-Proto 可信。"
    ),
    "CITYLOOM_SIGNING_KEY": SettingWords("signing", "file", "cityloom city sign 所用私钥的文件，须在代码库之外。"),
    "CITYLOOM_SIGNERS": SettingWords("signing", "file", "谁可以为城市文件夹签名，每行一个账号和公钥。"),
    "CITYLOOM_SIGNATURES": SettingWords(
        "signing", "number", "城市文件夹须有几个不同的人签名才能装载；2 即双人复核。"
    ),
    "CITYLOOM_AUDIT_KEY": SettingWords(
        "signing", "file", "为每日审计根和导出文件签名的 Ed25519 密钥文件，须在数据库及备份之外。演示时自动生成。"
    ),
    "CITYLOOM_AUDIT_TRUSTED": SettingWords("signing", "file", "哪些公钥签的根可信，每行一个；空则只信正在用的那把。"),
    "CITYLOOM_AUDIT_ANCHOR": SettingWords("signing", "file", "每个签过的根追加到这个文件，最好在另一台机器上。"),
    "CITYLOOM_LOG_LEVEL": SettingWords("logging", "level", "日志记录多少。"),
    "CITYLOOM_LOG_FORMAT": SettingWords("logging", "log_form", "日志格式；空则生产环境用 json，演示用 text。"),
    "CITYLOOM_METRICS_FROM": SettingWords("logging", "networks", "哪些地址和网段不带令牌也能读 /metrics。"),
    "CITYLOOM_METRICS_TOKEN": SettingWords("logging", "secret", "带着它（Authorization: Bearer）也可以读 /metrics。"),
    "CITYLOOM_PASSWORD_LENGTH": SettingWords("accounts", "number", "密码至少几位；小于8按8算。"),
    "CITYLOOM_PASSWORD_CLASSES": SettingWords(
        "accounts", "classes", "密码至少用小写、大写、数字、符号四类中的几类。"
    ),
    "CITYLOOM_PASSWORD_DAYS": SettingWords("accounts", "days", "几天后登录时须换密码；0 为不强制。"),
    "CITYLOOM_RESET_HOURS": SettingWords("accounts", "hours", "重设密码的链接有效几小时，用一次即失效。"),
    "CITYLOOM_SECOND_FACTOR": SettingWords(
        "accounts",
        "roles",
        "哪些岗位登录时除密码外还要动态码：off、optional 或岗位清单。空：演示时自愿；生产环境为管理员、审计、"
        "数据管理、回访、督导和领导。",
    ),
    "CITYLOOM_OIDC_ISSUER": SettingWords("provider", "address", "统一身份认证（OpenID Connect）的地址；空则不用。"),
    "CITYLOOM_OIDC_CLIENT_ID": SettingWords("provider", "text", "身份认证系统对本系统的称呼。"),
    "CITYLOOM_OIDC_CLIENT_SECRET": SettingWords("provider", "secret", "它发给本系统的密钥。"),
    "CITYLOOM_OIDC_CLIENT_SECRET_FILE": SettingWords("provider", "file", "存放该密钥的文件；比直接写密钥优先。"),
    "CITYLOOM_OIDC_SCOPES": SettingWords("provider", "text", "向它索取什么，用空格分隔。"),
    "CITYLOOM_OIDC_LABEL": SettingWords("provider", "text", "登录按钮上的文字，写作“中文|English”。"),
    "CITYLOOM_OIDC_PERSON": SettingWords(
        "provider", "person", "按本系统的哪一项找人：账号、邮箱或人员名册上的编号。"
    ),
    "CITYLOOM_OIDC_CLAIM": SettingWords("provider", "text", "与之比较的声明；空则用惯常的那一个。"),
    "CITYLOOM_OIDC_GROUPS_CLAIM": SettingWords("provider", "text", "列出一个人所属群组的声明；空则只看人员名册。"),
    "CITYLOOM_OIDC_FACTORS": SettingWords("provider", "list", "令牌里哪些值算作第二道验证；空则由本系统自己验证。"),
    "CITYLOOM_LOCK_TRIES": SettingWords("doors", "number", "同一账号从同一地址登录失败几次后锁定。"),
    "CITYLOOM_LOCK_MINUTES": SettingWords("doors", "minutes", "锁定几分钟。"),
    "CITYLOOM_IDLE_MINUTES": SettingWords("doors", "minutes", "几分钟没有操作后会话结束。"),
    "CITYLOOM_SESSION_HOURS": SettingWords("doors", "hours", "无论是否在用，几小时后会话结束。"),
    "CITYLOOM_SESSIONS": SettingWords("doors", "number", "一个人最多同时有几个会话；再登录时最早的结束。"),
    "CITYLOOM_LIMITS": SettingWords(
        "doors", "limits", "公众入口多久可用几次，如 report=60/h,track=off；没写的按默认。"
    ),
    "CITYLOOM_TRUSTED_ADDRESSES": SettingWords("doors", "networks", "不受上述次数限制的地址和网段：终端、呼叫中心。"),
}
