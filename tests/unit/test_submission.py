import pytest

from daemon.steps.submission import assigned_id, message_ids, remedy_of, transparent


@pytest.mark.parametrize(
    ("raw", "carried"),
    [
        pytest.param(b"a\r\nb\r\n", b"a\r\nb\r\n.\r\n", id="whole lines"),
        pytest.param(b"a\nb\rc", b"a\r\nb\r\nc\r\n.\r\n", id="line ends are made whole"),
        pytest.param(b".\r\n..a\r\nb.\r\n", b"..\r\n...a\r\nb.\r\n.\r\n", id="dots at the start are doubled"),
        pytest.param(b"", b"\r\n.\r\n", id="nothing"),
    ],
)
def test_the_text_is_carried_so_that_no_line_ends_it_early(raw: bytes, carried: bytes) -> None:
    assert transparent(raw) == carried


@pytest.mark.parametrize(
    ("reply", "id_"),
    [
        pytest.param("2.0.0 Ok: queued as 4F1B2C3D4E", "4F1B2C3D4E", id="Postfix"),
        pytest.param("Ok 0100018c9b7f-3a4b-000000", "0100018c9b7f-3a4b-000000", id="Amazon SES"),
        pytest.param("2.6.0 <DB9P@prod.outlook.com> [InternalId=4711] Queued mail", "DB9P@prod.outlook.com", id="M365"),
        pytest.param("OK id=1tAbCd-0001xY-2Z", "1tAbCd-0001xY-2Z", id="Exim"),
        pytest.param("2.0.0 OK", None, id="none"),
        pytest.param("OK message accepted for delivery", None, id="a word is no id"),
        pytest.param("Ok delivered", None, id="nor is this"),
    ],
)
def test_the_id_that_a_server_gives_is_read(reply: str, id_: str | None) -> None:
    assert assigned_id(reply) == id_


@pytest.mark.parametrize(
    ("refusal", "named"),
    [
        pytest.param("530 5.7.0 Must issue a STARTTLS command first", "security", id="Postfix wants TLS"),
        pytest.param("554 5.7.1 <a@b.test>: Relay access denied", "Log in", id="Postfix does not relay"),
        pytest.param("550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", "Log in", id="Exchange"),
        pytest.param(
            "554 5.2.252 SendAsDenied; 5.7.60 Client does not have permissions", "bounce_address", id="send as"
        ),
        pytest.param(
            "553 5.7.1 <a@b.test>: Sender address rejected: not owned by user x", "bounce_address", id="owner"
        ),
        pytest.param("530 5.7.57 Client not authenticated to send mail", "auth", id="M365 without login"),
        pytest.param("550 5.1.1 No such user (see relay1.example.test)", "", id="an unknown user is the mail's fault"),
        pytest.param("554 5.6.0 We do not like this text", "", id="the text is the mail's fault"),
    ],
)
def test_what_is_the_set_ups_fault_is_told_from_what_is_the_mails(refusal: str, named: str) -> None:
    remedy = remedy_of(refusal)
    assert named in remedy
    assert bool(remedy) == bool(named)


def test_only_what_can_stand_in_a_message_id_is_one() -> None:
    amazons = "0102018f1b2c3d4e-a1b2c3d4-0001-4002-8003-a1b2c3d4e5f6-000000"
    assert message_ids(amazons) == (amazons,)
    assert message_ids("AM0PR01@AM0PR01.prod.outlook.com") == ("AM0PR01@AM0PR01.prod.outlook.com",)
    assert message_ids("4F1ABC2D3E") == ()
