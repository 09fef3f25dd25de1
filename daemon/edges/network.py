"""I/O. What every connection to a mail server has in common: its TLS context, and what a failure on the way means."""

import errno
import socket
import ssl

from daemon.errors import FirstlineError, PermanentError, TransientError
from daemon.settings import Authentication, MailboxSettings, Security, SmtpSettings

TLS_PORTS = frozenset({465, 993})  # RFC 8314 §7.3: TLS from the first byte


def section(settings: MailboxSettings | SmtpSettings) -> str:
    """Return the table of config.toml that a remedy has to name."""
    return "[mailbox]" if isinstance(settings, MailboxSettings) else "[smtp]"


def tls_context(settings: MailboxSettings | SmtpSettings) -> ssl.SSLContext:
    """Return a context that verifies certificate and host name, against `ca_file` alone where one is named.

    Raises PermanentError where `ca_file` cannot be read.
    """
    try:
        return ssl.create_default_context(cafile=settings.ca_file or None)
    except OSError as exc:  # ssl.SSLError is one
        raise PermanentError(
            f'The certificate file "{settings.ca_file}" cannot be used: {exc.strerror or exc}.',
            remedy=f"Correct {section(settings)} ca_file: a readable file of PEM certificates.",
        ) from exc


def network_fault(exc: BaseException, settings: MailboxSettings | SmtpSettings) -> FirstlineError | None:
    """Return what a failure below the mail protocol means, with cause and remedy; None where it is none of these.

    The library's own exception may be passed: what it was raised from is looked at too. First match wins.
    """
    if isinstance(exc, FirstlineError):
        return exc
    where, table = f"{settings.host}:{settings.port}", section(settings)
    chain = [exc]
    while chain[-1].__cause__ is not None:
        chain.append(chain[-1].__cause__)
    for one in reversed(chain):  # the deepest cause says most
        match one:
            case socket.gaierror():
                return TransientError(
                    f'The host name "{settings.host}" is unknown here ({one.strerror}).',
                    remedy=f"Correct {table} host, or mend this machine's name resolution.",
                )
            case ssl.SSLCertVerificationError():
                return PermanentError(
                    f"The certificate of {where} is not accepted: {one.verify_message}",
                    remedy=_certificate_remedy(one.verify_code, table),
                )
            case ssl.SSLError() | ssl.SSLEOFError():
                if settings.security is Security.TLS:
                    return PermanentError(
                        f"{where} does not speak TLS from the first byte ({one.reason or one}).",
                        remedy=f'Set {table} security = "starttls", or correct the port (TLS: 993 for IMAP, 465 for SMTP).',
                    )
                return TransientError(
                    f"The TLS connection to {where} failed ({one.reason or one}).",
                    remedy="Look into the server's log; its TLS versions or ciphers may be too old.",
                )
            case ConnectionRefusedError():
                return TransientError(
                    f"{where} refuses connections: nothing listens there.",
                    remedy=f"Start the server, or correct {table} host and port.",
                )
            case TimeoutError():
                return TransientError(f"{where} does not answer in time.", remedy=_timeout_remedy(settings, table))
            case ConnectionError():
                return TransientError(f"{where} broke the connection off.", remedy="Look into the server's log.")
            case OSError(errno=errno.ENETUNREACH | errno.EHOSTUNREACH | errno.ENETDOWN):
                return TransientError(
                    f"There is no way to {where} ({one.strerror}).", remedy="Mend this machine's network connection."
                )
    return None


# What a refused login says (lower case) → cause, remedy ({table} is the section), whether it passes by itself.
# First match wins. The texts are those of Microsoft, Google, Dovecot and Cyrus.
_LOGIN_REFUSALS: tuple[tuple[tuple[str, ...], str, str, bool], ...] = (
    (
        ("basic authentication is disabled", "basicauthblocked", "basic auth"),
        "The provider takes no passwords from programs any more (basic authentication is disabled).",
        'Set {table} auth = "xoauth2" and a token_command that prints an access token.',
        False,
    ),
    (
        ("application-specific password", "app password", "web login required", "weblogin"),
        "The provider wants an app password instead of the account's own.",
        "Make an app password in the account's security settings and use that.",
        False,
    ),
    (
        ("authenticated but not connected",),
        "The login is right, but it may not use this mailbox.",
        "Give the application access to the mailbox, or correct {table} user.",
        False,
    ),
    (
        ("logindisabled", "privacyrequired", "encryption required", "must issue a starttls"),
        "The server takes no password on an unprotected connection.",
        'Set {table} security = "starttls" or "tls".',
        False,
    ),
    (
        ("unavailable", "temporary", "try again", "too many", "in use", "internal error"),
        "The server cannot check logins at the moment.",
        "Nothing to do here; look into the server's log if it goes on.",
        True,
    ),
)


def login_fault(text: str, settings: MailboxSettings | SmtpSettings) -> FirstlineError:
    """Return what a refused login means, from what the server said about it."""
    table = section(settings)
    for words, cause, remedy, passes in _LOGIN_REFUSALS:
        if any(word in text.lower() for word in words):
            return (TransientError if passes else PermanentError)(
                f"{cause} ({text})", remedy=remedy.format(table=table)
            )
    return PermanentError(
        f'{settings.host} refuses the login of "{settings.user}": {text}',
        remedy=f"Look whether the token of {table} token_command is for this user, for this service, and not expired."
        if settings.auth is Authentication.XOAUTH2
        else f"Correct {table} user, or the password that {table} {_source(settings)} gives.",
    )


def _source(settings: MailboxSettings | SmtpSettings) -> str:
    names = ("password_file", "password_env", "password_command")
    return next((name for name in names if getattr(settings, name)), names[0])


def _certificate_remedy(code: int, table: str) -> str:
    match code:  # OpenSSL's X509_V_ERR_* (x509_vfy.h)
        case 9 | 10:  # not yet valid, expired
            return "Renew the server's certificate, or set this machine's clock right."
        case 62 | 64:  # another host name, another IP address
            return f"Set {table} host to a name that the certificate carries."
        case _:
            return f"Name the server's CA, or its self-signed certificate, in {table} ca_file."


def _timeout_remedy(settings: MailboxSettings | SmtpSettings, table: str) -> str:
    if settings.security is not Security.TLS and settings.port in TLS_PORTS:
        # Both sides wait for the other to speak first.
        return f'Port {settings.port} speaks TLS from the first byte: set {table} security = "tls".'
    return f"Look whether the server runs and a firewall is in the way; {table} timeout_seconds is how long is waited."
