"""Every setting that the environment may give, in one table: the code, the docs and the tests read it."""

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cityloom.app.places import kept_secret

_FERNET_KEY = re.compile("[A-Za-z0-9_-]{43}=")


class Lack(Exception):
    """Something that is missing or wrong around the program; told in English, and in Chinese where that was given."""

    def __init__(self, en: str, zh: str = "") -> None:
        super().__init__(en)
        self.zh = zh


class SettingMissing(Lack):
    """Production was asked for without something it must be told; the message names all that is missing."""


class SettingNotUnderstood(Lack):
    """A setting's value cannot be read; the message says what would be right."""


@dataclass(frozen=True)
class Setting:
    """One environment variable: its default in the try-out mode and whether production must name it."""

    name: str
    default: str
    help: str
    required: bool = False


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "CITYLOOM_ENV",
        "demo",
        "`demo` (everything generated and embedded) or `production` (nothing guessed).",
    ),
    Setting("CITYLOOM_VAR", "", "Folder of running data; `var` in the project's root when empty."),
    Setting(
        "CITYLOOM_SECRET_KEY",
        "",
        "Signs sessions and forms: 50 or more random characters. Generated into `var/secrets` in demo mode.",
        required=True,
    ),
    Setting(
        "CITYLOOM_DATA_KEYS",
        "",
        "Fernet keys that seal personal data, separated by commas. The first seals, all open, so a key is changed "
        "by putting the new one first; `cityloom keys rotate` seals again what older ones sealed, and "
        "`cityloom keys retire` says when those can go. Generated in demo mode.",
        required=True,
    ),
    Setting(
        "CITYLOOM_ALLOWED_HOSTS",
        "127.0.0.1,localhost,[::1]",
        "Host names under which the pages may be asked for, separated by commas.",
        required=True,
    ),
    Setting(
        "CITYLOOM_DATABASE_URL",
        "",
        "`postgresql://user:password@host:port/database` of a PostgreSQL 15 or newer; the embedded server "
        "when empty.",
        required=True,
    ),
    Setting(
        "CITYLOOM_DATABASE_POOL",
        "0",
        "Connections that one process keeps at most; 0 opens one per thread. `cityloom web` uses 6 itself.",
    ),
    Setting(
        "CITYLOOM_NATS_URL",
        "",
        "`nats://user:password@host:port` of a NATS server with JetStream; the embedded one when empty.",
    ),
    Setting(
        "CITYLOOM_NATS_MONITOR",
        "",
        "Address of the NATS server's monitoring, which says who listens to SensorThings; empty: the embedded one's.",
    ),
    Setting(
        "CITYLOOM_CLOCK",
        "",
        "`REAL_ISO,DEMO_ISO,RATE` when a demo lives at its own time, the same in every process; the real clock "
        "when empty.",
    ),
    Setting(
        "CITYLOOM_CITY",
        "",
        "Code of the city that the pages show, where several are loaded; the first one when empty.",
    ),
    Setting(
        "CITYLOOM_DEVICE_MESSAGES",
        "100",
        "Messages a second that one device may send on the average of ten seconds; one that sends more is "
        "quarantined.",
    ),
    Setting(
        "CITYLOOM_DEVICE_READINGS",
        "20000",
        "Readings a second of one device on the average of ten seconds; one that sends more is quarantined.",
    ),
    Setting("CITYLOOM_QUARANTINE_MINUTES", "60", "Minutes for which a device that floods is not listened to."),
    Setting(
        "CITYLOOM_DEVICE_EARLY_SECONDS",
        "300",
        "Seconds that a device's clock may run ahead; readings further in the future are refused and counted.",
    ),
    Setting("CITYLOOM_SENSE_DAYS", "7", "Days for which the message log keeps what devices said."),
    Setting("CITYLOOM_SENSE_GB", "4", "Gigabytes that the message log may take; the oldest messages go first."),
    Setting(
        "CITYLOOM_READINGS_DAYS",
        "35",
        "Days for which readings stay in the database before they are moved into Parquet files; 8 at least.",
    ),
    Setting("CITYLOOM_ARCHIVE", "", "Folder of those files; `archive` under the running data when empty."),
    Setting(
        "CITYLOOM_ARCHIVE_DAYS",
        "0",
        "Days after which only hours are kept of readings (count, lowest, highest, sum, last); 0: never.",
    ),
    Setting("CITYLOOM_MQTT_HOST", "127.0.0.1", "Address on which the embedded server listens for devices."),
    Setting(
        "CITYLOOM_MQTT_CERT", "", "File of the certificate with which it speaks TLS to devices; none when empty."
    ),
    Setting("CITYLOOM_MQTT_KEY", "", "File of that certificate's key."),
    Setting(
        "CITYLOOM_MQTT_ADDRESS",
        "",
        "`mqtt://host:1883` or `mqtts://host:8883` by which devices reach the server; SensorThings names it.",
    ),
    Setting(
        "CITYLOOM_MQTT_BRIDGE",
        "",
        "`mqtt://user:password@host:1883`, or `mqtts://…`, of a broker that `cityloom ingest` listens to besides.",
    ),
    Setting(
        "CITYLOOM_SENSE_SYNC",
        "",
        "`always`: the embedded server writes each message through to the disk before it is acknowledged, so that "
        "a power cut loses none; every two minutes when empty.",
    ),
    Setting("CITYLOOM_LIVE_URL", "", "Address of the live process as browsers see it; it enters the page's CSP."),
    Setting(
        "CITYLOOM_SMS_URL",
        "",
        "What carries SMS: `https+sms://host/path` of a gateway (with CITYLOOM_SMS_FORM), or `pretend:`, which a "
        "demo has when empty. Production sends none when empty.",
    ),
    Setting(
        "CITYLOOM_SMS_FORM",
        "",
        "TOML file that says how the SMS gateway wants its requests; a sample lies beside its connector.",
    ),
    Setting(
        "CITYLOOM_MAIL_URL",
        "",
        "What carries mail: `smtp://user:password@host:587?from=address`, `smtps://…`, or `pretend:`, which a demo "
        "has when empty. Production sends none when empty.",
    ),
    Setting(
        "CITYLOOM_SITE_URL",
        "http://127.0.0.1:8000",
        "Address of the pages as people outside reach them; links in messages begin with it.",
    ),
    Setting("CITYLOOM_TIME_ZONE", "UTC", "Time zone of logs and of pages that belong to no city."),
    Setting("CITYLOOM_LANG", "", "Language of what commands say, `zh` or `en`; that of the locale when empty."),
    Setting("CITYLOOM_LANGUAGE", "zh-hans", "Language of a visitor who asks for none: `zh-hans` or `en`."),
    Setting(
        "CITYLOOM_PARTNER_KEYS",
        "",
        "API keys that other Open311 servers gave this city: `PARTNER=key`, separated by commas, by the partner's "
        "code in city.toml.",
    ),
    Setting(
        "CITYLOOM_BIKE_FEEDS",
        "",
        "Addresses of operators' GBFS feeds that hold a secret or differ by place of work: `OPERATOR=https://…`, "
        "separated by commas; each goes before the one in city.toml.",
    ),
    Setting(
        "CITYLOOM_WEBHOOK_HOSTS",
        "",
        "Hosts, addresses and networks inside that webhooks may be sent to, separated by commas, for example "
        "`hooks.city.example,10.1.0.0/16`; public addresses need no mention.",
    ),
    Setting("CITYLOOM_WEBHOOK_TRIES", "12", "How often one message of a webhook is tried at most."),
    Setting("CITYLOOM_WEBHOOK_DAYS", "3", "Days after which a message of a webhook is given up."),
    Setting(
        "CITYLOOM_WEBHOOK_OFF_DAYS", "5", "Days of failures on end after which a webhook is turned off, with a mail."
    ),
    Setting(
        "CITYLOOM_WEBHOOK_KEPT_DAYS", "30", "Days for which deliveries of webhooks are kept and can be replayed."
    ),
    Setting("CITYLOOM_MEDIA_ROOT", "", "Folder of photos and files; `media` under the running data when empty."),
    Setting(
        "CITYLOOM_TRUSTED_PROXIES",
        "0",
        "Number of proxies in front whose X-Forwarded-For and X-Forwarded-Proto are believed.",
    ),
    Setting("CITYLOOM_SIGNING_KEY", "", "File of your private key for `cityloom city sign`; outside the repository."),
    Setting(
        "CITYLOOM_SIGNERS", "", "File of who may sign city folders, a line `login key` each; outside the folder."
    ),
    Setting(
        "CITYLOOM_SIGNATURES",
        "0",
        "How many different persons must have signed a city folder before it is loaded; 2 keeps four eyes on it.",
    ),
    Setting(
        "CITYLOOM_AUDIT_KEY",
        "",
        "File of the Ed25519 key that signs daily roots and exports, made by `cityloom audit key`; outside the "
        "database and its backups. Generated into `var/secrets` in demo mode.",
        required=True,
    ),
    Setting(
        "CITYLOOM_AUDIT_TRUSTED",
        "",
        "File of the public keys whose roots are believed, a line `name key` each; the key in use alone when empty.",
    ),
    Setting(
        "CITYLOOM_AUDIT_ANCHOR",
        "",
        "File to which each signed root is added as a line, best on another machine; none when empty.",
    ),
    Setting("CITYLOOM_LOG_LEVEL", "INFO", "How much is logged: DEBUG, INFO, WARNING or ERROR."),
    Setting(
        "CITYLOOM_LOG_FORMAT",
        "",
        "`json` (one object a line) or `text` (key=value). Empty: `json` in production, `text` in demo mode.",
    ),
    Setting(
        "CITYLOOM_METRICS_FROM",
        "127.0.0.1,::1",
        "Addresses and networks that may read `/metrics` without a token, separated by commas.",
    ),
    Setting("CITYLOOM_METRICS_TOKEN", "", "Whoever sends it as `Authorization: Bearer …` may read `/metrics` too."),
    Setting("CITYLOOM_PASSWORD_LENGTH", "10", "Signs that a password has at least; a figure below 8 is read as 8."),
    Setting(
        "CITYLOOM_PASSWORD_CLASSES",
        "3",
        "How many of the four classes of signs (small, capital, digit, other) a password uses at least.",
    ),
    Setting(
        "CITYLOOM_PASSWORD_DAYS", "0", "Days after which a password must be changed at the next sign-in; 0: never."
    ),
    Setting("CITYLOOM_RESET_HOURS", "24", "Hours for which a link that sets a new password is good, once."),
    Setting(
        "CITYLOOM_SECOND_FACTOR",
        "",
        "Who signs in with a code of a generator besides the password: `off`, `optional`, or roles separated by "
        "commas. Empty: optional in demo mode; in production admin, auditor, data_steward, callback_agent, "
        "supervisor and leader.",
    ),
    Setting(
        "CITYLOOM_OIDC_ISSUER",
        "",
        "Address of the identity provider (OpenID Connect), exactly as it calls itself; nobody signs in by one when "
        "empty.",
    ),
    Setting("CITYLOOM_OIDC_CLIENT_ID", "", "What the identity provider calls this installation."),
    Setting("CITYLOOM_OIDC_CLIENT_SECRET", "", "The secret that it gave this installation, where it gave one."),
    Setting(
        "CITYLOOM_OIDC_CLIENT_SECRET_FILE",
        "",
        "File that holds the secret; outside the repository. It counts before CITYLOOM_OIDC_CLIENT_SECRET.",
    ),
    Setting("CITYLOOM_OIDC_SCOPES", "openid profile email", "What is asked of the provider, separated by spaces."),
    Setting("CITYLOOM_OIDC_LABEL", "", "What the button says, `zh|en`; a general sentence when empty."),
    Setting(
        "CITYLOOM_OIDC_PERSON",
        "login",
        "By what of ours a person is found: `login`, `email` or `external_id` (the number on the list of people).",
    ),
    Setting(
        "CITYLOOM_OIDC_CLAIM",
        "",
        "The claim that is compared with it. Empty: `preferred_username`, `email` or `employee_number`.",
    ),
    Setting(
        "CITYLOOM_OIDC_GROUPS_CLAIM",
        "",
        "The claim that names a person's groups, for example `groups`, or `realm_access.roles` inside another one; "
        "groups come from the list of people alone when empty.",
    ),
    Setting(
        "CITYLOOM_OIDC_FACTORS",
        "",
        "Values of the provider's tokens that count as a second factor, for example `amr:mfa,amr:otp,acr:gold`; our "
        "own second factor is asked when empty.",
    ),
    Setting("CITYLOOM_LOCK_TRIES", "5", "Failed sign-ins of a name from an address after which it is locked there."),
    Setting("CITYLOOM_LOCK_MINUTES", "15", "Minutes for which it is locked."),
    Setting("CITYLOOM_IDLE_MINUTES", "30", "Minutes without a request after which a session ends."),
    Setting("CITYLOOM_SESSION_HOURS", "12", "Hours after which a session ends, used or not."),
    Setting("CITYLOOM_SESSIONS", "3", "Sessions that one person may have at once; the oldest ends for a new one."),
    Setting(
        "CITYLOOM_LIMITS",
        "",
        "How often the public doors may be used, for example `report=60/h,track=off`; each name not given has the "
        "limit of the table in the page on accounts.",
    ),
    Setting(
        "CITYLOOM_TRUSTED_ADDRESSES",
        "",
        "Addresses and networks that no limit of the public doors holds for, separated by commas: kiosks, the call "
        "centre.",
    ),
)
_BY_NAME = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True)
class Environment:
    """The settings as given; anything not given has its default."""

    given: Mapping[str, str]

    @classmethod
    def of_process(cls) -> "Environment":
        """The settings of this process."""
        return cls(dict(os.environ))

    @property
    def is_production(self) -> bool:
        """Whether nothing may be guessed."""
        mode = self.text("CITYLOOM_ENV")
        if mode not in ("demo", "production"):
            raise SettingNotUnderstood(
                f"CITYLOOM_ENV is {mode!r}; it may be `demo` or `production`",
                f"CITYLOOM_ENV 是 {mode!r}；只能是 `demo` 或 `production`",
            )
        return mode == "production"

    def text(self, name: str) -> str:
        """The value of a setting of the table, stripped."""
        return self.given.get(name, "").strip() or _BY_NAME[name].default

    def number(self, name: str) -> int:
        """A whole number of 0 or more."""
        value = self.text(name)
        if not value.isdigit():
            raise SettingNotUnderstood(
                f"{name} is {value!r}; it must be a whole number, for example 4",
                f"{name} 是 {value!r}；必须是整数，例如 4",
            )
        return int(value)

    def items(self, name: str) -> list[str]:
        """The parts of a value separated by commas."""
        return [part.strip() for part in self.text(name).split(",") if part.strip()]

    def secret(self, name: str, var: Path) -> str:
        """A secret as given; in demo mode generated once and kept in `var/secrets`."""
        value = self.text(name)
        if value or self.is_production:
            return value
        return kept_secret(var, name.removeprefix("CITYLOOM_").lower().replace("_", "-"))

    def data_keys(self, var: Path) -> list[str]:
        """The Fernet keys in the order given; in demo mode one is generated."""
        given = self.text("CITYLOOM_DATA_KEYS")
        if not given and not self.is_production:
            kept = self.data_key_file(var)
            if kept is not None and kept.exists():
                return kept.read_text(encoding="ascii").split()
            raw = bytes.fromhex(kept_secret(var, "data-key", 32))
            return [base64.urlsafe_b64encode(raw).decode()]
        keys = [part.strip() for part in given.split(",") if part.strip()]
        for key in keys:
            if not _FERNET_KEY.fullmatch(key):
                raise SettingNotUnderstood(
                    "CITYLOOM_DATA_KEYS holds something that is no key; make one with `python3 -c "
                    '"import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())"`'
                )
        return keys

    def data_key_file(self, var: Path) -> Path | None:
        """Where a demo keeps its data keys once they were rotated; None where the environment gives them."""
        given = self.text("CITYLOOM_DATA_KEYS") or self.is_production
        return None if given else var / "secrets" / "sealing-keys"

    def require_for_production(self) -> None:
        """Refuse a production start that would have to guess."""
        missing = [
            setting for setting in SETTINGS if setting.required and not self.given.get(setting.name, "").strip()
        ]
        if self.is_production and missing:
            lines = "\n".join(f"  {setting.name}: {setting.help}" for setting in missing)
            raise SettingMissing(
                f"CITYLOOM_ENV=production needs these settings, and they are not set:\n{lines}\n"
                "Set them in the environment of every process and start again.",
                f"CITYLOOM_ENV=production 需要以下设置，但尚未给出：\n{lines}\n"
                "请在每个进程的环境变量中设好后再启动。",
            )
