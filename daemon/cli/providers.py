"""Pure. Where well-known mail providers have their servers, as they document it, for `firstline init`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """The servers of one provider. Ports follow from how a connection is protected, unless they are named."""

    imap: str
    smtp: str
    smtp_port: int = 587
    smtp_security: str = "starttls"
    auth: str = "password"
    hint: str = ""  #: what a newcomer trips over


_APP_PASSWORD = "it needs an app password, which it makes once two-step verification is on"  # noqa: S105 - an advice
_MICROSOFT = "it takes no passwords any more: set token_command to a program that prints an OAuth2 access token"

PROVIDERS = {
    "gmail": Provider(imap="imap.gmail.com", smtp="smtp.gmail.com", hint=_APP_PASSWORD),
    "microsoft365": Provider(imap="outlook.office365.com", smtp="smtp.office365.com", auth="xoauth2", hint=_MICROSOFT),
    "outlook": Provider(imap="outlook.office365.com", smtp="smtp-mail.outlook.com", auth="xoauth2", hint=_MICROSOFT),
    "fastmail": Provider(
        imap="imap.fastmail.com", smtp="smtp.fastmail.com", smtp_port=465, smtp_security="tls", hint=_APP_PASSWORD
    ),
    "icloud": Provider(imap="imap.mail.me.com", smtp="smtp.mail.me.com", hint=_APP_PASSWORD),
    "yahoo": Provider(
        imap="imap.mail.yahoo.com", smtp="smtp.mail.yahoo.com", smtp_port=465, smtp_security="tls", hint=_APP_PASSWORD
    ),
}

_DOMAINS = {
    "gmail.com": "gmail",
    "googlemail.com": "gmail",
    "outlook.com": "outlook",
    "hotmail.com": "outlook",
    "live.com": "outlook",
    "msn.com": "outlook",
    "fastmail.com": "fastmail",
    "fastmail.fm": "fastmail",
    "icloud.com": "icloud",
    "me.com": "icloud",
    "yahoo.com": "yahoo",
}


def guess(address: str, name: str = "") -> Provider:
    """The provider `name`, else the one of the address's domain, else servers named as most people name theirs."""
    domain = address.rpartition("@")[2].lower()
    known = PROVIDERS.get(name or _DOMAINS.get(domain, ""))
    return known or Provider(imap=f"imap.{domain}", smtp=f"smtp.{domain}")
