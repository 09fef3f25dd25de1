"""Pure. What no key of `config.toml` can tell alone: values that are possible each by itself, but not together."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import PurePath
from urllib.parse import urlsplit

from daemon.settings import After, Authentication, Login, MailboxSettings, Security, Settings, SmtpSettings


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Keys that do not go together. A fault in one of the keys `involved` makes it unsure."""

    section: str
    key: str  #: where it is reported
    what: str
    remedy: str
    involved: tuple[str, ...] = ()  #: further keys, as `section.key`


def disagreements(settings: Settings, *, offline: bool) -> tuple[Disagreement, ...]:
    """All of them. `offline` leaves out what only the daemon needs: log-ins, addresses of one's own, articles."""
    found = [*_policy(settings), *_addresses(settings), *_agents(settings), *_mailbox(settings.mailbox)]
    found += [*_learning(settings), *_llm(settings)]
    if not offline:
        found += _missing(settings)
        found += [*_login("mailbox", settings.mailbox), *_network("mailbox", settings.mailbox)]
        found += [*_login("smtp", settings.smtp), *_network("smtp", settings.smtp)]
    return tuple(found)


def _policy(settings: Settings) -> Iterator[Disagreement]:
    policy = settings.policy
    if policy.draft_at > policy.send_at:
        yield Disagreement(
            "policy",
            "draft_at",
            f"{policy.draft_at} is above send_at = {policy.send_at}",
            "lower draft_at to send_at or below: what is sure enough to send is sure enough for a draft",
            ("policy.send_at",),
        )


def _agents(settings: Settings) -> Iterator[Disagreement]:
    names = [agent.name for agent in settings.agents]
    addresses = [agent.address.casefold() for agent in settings.agents]
    for twice in sorted({one for one in (*names, *addresses) if (*names, *addresses).count(one) > 1}):
        yield Disagreement("agents", "name", f"{twice} stands there twice", "give each agent one table")
    own = {address.casefold() for address in (settings.mailbox.address, *settings.mailbox.aliases)}
    for address in sorted(own & set(addresses)):
        yield Disagreement(
            "agents",
            "address",
            f"{address} is the support mailbox itself",
            "name the address from which the agent writes",
            ("mailbox.address", "mailbox.aliases"),
        )
    for unknown in sorted({name for route in settings.routes for name in route.agents} - set(names)):
        yield Disagreement(
            "routes",
            "agents",
            f"there is no agent {unknown}",
            f"name one of [[agents]]: {', '.join(names) or 'none yet'}",
        )
    if settings.follow_up.close_days <= settings.follow_up.nudge_days:
        yield Disagreement(
            "follow_up",
            "close_days",
            f"{settings.follow_up.close_days:g} is not after nudge_days = {settings.follow_up.nudge_days:g}",
            "let the customer have some days to answer the nudge",
            ("follow_up.nudge_days",),
        )


def _addresses(settings: Settings) -> Iterator[Disagreement]:
    ours = {address.casefold() for address in (settings.mailbox.address, *settings.mailbox.aliases)}
    queue = settings.queue.address.casefold()
    if queue in ours:
        yield Disagreement(
            "queue",
            "address",
            "is the support mailbox itself, where hand-overs would be read as mail of customers",
            "name the address where people read hand-overs",
            ("mailbox.address", "mailbox.aliases"),
        )
    if settings.digest.to.casefold() in ours:
        yield Disagreement(
            "digest",
            "to",
            "is the support mailbox itself, where the digest would be read as a mail of ours that came back",
            "name the address of a person or of the queue",
            ("mailbox.address", "mailbox.aliases"),
        )
    if settings.smtp.evidence_copy.casefold() == queue:
        yield Disagreement(
            "smtp",
            "evidence_copy",
            "is the queue, where people would get a copy of every mail that leaves",
            "name the support mailbox or one of its aliases, or '' for none",
            ("queue.address",),
        )


def _mailbox(mailbox: MailboxSettings) -> Iterator[Disagreement]:
    if mailbox.after is After.MOVE and mailbox.move_to.strip() in ("", mailbox.folder):
        yield Disagreement(
            "mailbox",
            "move_to",
            'is empty or the watched folder itself, but after = "move"',
            'name another folder, or set after = "keyword"',
            ("mailbox.after", "mailbox.folder"),
        )


_PASSWORDS = ("password_file", "password_env", "password_command")


def _login(section: str, login: Login) -> Iterator[Disagreement]:
    involved = tuple(f"{section}.{key}" for key in ("auth", *_PASSWORDS, "token_command"))
    given = [key for key in (*_PASSWORDS, "token_command") if getattr(login, key)]
    wanted = _PASSWORDS if login.auth is Authentication.PASSWORD else ("token_command",)
    if login.auth is Authentication.NONE:
        for key in given:
            yield Disagreement(
                section, key, 'is set, but auth = "none"', 'remove it, or set auth = "password"', involved
            )
        return
    if not login.user:
        yield Disagreement(section, "user", "is not set", 'set the name to log in with, or auth = "none"', involved)
    for key in given:
        if key not in wanted:
            remedy = 'remove it; "password" takes a password, "xoauth2" a token'
            yield Disagreement(section, key, f'does not go with auth = "{login.auth}"', remedy, involved)
    if sum(key in wanted for key in given) != 1:
        found = " and ".join(key for key in given if key in wanted)
        yield Disagreement(
            section,
            wanted[0],
            f"{found} are set" if found else f'is not set, but auth = "{login.auth}"',
            f"set exactly one of {', '.join(wanted)}"
            if len(wanted) > 1
            else "set a command that prints an access token",
            involved,
        )


def _network(section: str, server: MailboxSettings | SmtpSettings) -> Iterator[Disagreement]:
    if server.security is Security.PLAIN and server.auth is not Authentication.NONE and not _loopback(server.host):
        yield Disagreement(
            section,
            "security",
            f'"plain" would send the secret readable over the network to {server.host}',
            'set "tls" or "starttls"; "plain" is for this machine alone',
            (f"{section}.host", f"{section}.auth"),
        )


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"


def _learning(settings: Settings) -> Iterator[Disagreement]:
    folder = settings.learning.folder
    for articles in settings.knowledge.folders if folder else ():
        if PurePath(folder).is_relative_to(articles):
            yield Disagreement(
                "learning",
                "folder",
                f"lies in {articles}, so that what nobody has reviewed would be sent to customers",
                "name a folder outside of [knowledge] folders",
                ("knowledge.folders",),
            )


_KEYS = ("key_file", "key_env", "key_command")


def _llm(settings: Settings) -> Iterator[Disagreement]:
    llm = settings.llm
    given = [key for key in _KEYS if getattr(llm, key)]
    if not llm.url:
        for key in ("model", *given) if llm.model else given:
            yield Disagreement(
                "llm", key, "is set, but no url", "set the url of the server, or remove this", ("llm.url",)
            )
        return
    if not llm.model:
        yield Disagreement("llm", "model", "is not set, but a url", "set the model's name, as the server knows it")
    if len(given) > 1:
        what = f"{' and '.join(given)} are set"
        yield Disagreement(
            "llm", given[0], what, f"set one of {', '.join(_KEYS)}", tuple(f"llm.{key}" for key in _KEYS)
        )
    if given and llm.url.startswith("http://") and not _loopback(urlsplit(llm.url).hostname or ""):
        yield Disagreement(
            "llm",
            "url",
            "http would send the key and what customers write readable over the network",
            "use https; http is for this machine alone",
        )
    if llm.timeout_seconds >= settings.service.lease_seconds:
        yield Disagreement(
            "llm",
            "timeout_seconds",
            f"{llm.timeout_seconds:g} is not less than lease_seconds = {settings.service.lease_seconds}",
            "lower it, or raise [service] lease_seconds: a case is given to another worker after these",
            ("service.lease_seconds",),
        )


def _missing(settings: Settings) -> Iterator[Disagreement]:
    if "address" not in settings.mailbox.model_fields_set:
        yield Disagreement("mailbox", "address", "is not set", "set the address that customers write to")
    if "address" not in settings.queue.model_fields_set:
        yield Disagreement("queue", "address", "is not set", "set the address where people read hand-overs")
    if not settings.knowledge.folders:
        yield Disagreement(
            "knowledge",
            "folders",
            "names no folder, so that there are no articles to answer from",
            'set the folders of your articles, such as ["articles"]',
        )
