"""Handing mail over: encrypted unless somebody says otherwise, once, and never pretending that it went well."""

import ssl
from email.headerregistry import Address
from email.message import EmailMessage

import pytest

from clinic.integrations import mail
from clinic.integrations.mail import MailNotSent, MailRefused, MailServer, keep, kept, send, server_of
from tests.integrations.smtp import mail_server


@pytest.fixture
def message():
    """A short mail to Maya."""
    written = EmailMessage()
    written["Subject"] = "Grüße aus der Praxis"
    written["From"] = Address("Praxis am Hafen", addr_spec="clinic@hafen.example")
    written["To"] = "maya@rose-street.example"
    written.set_content("Bis morgen!\n")
    return written


@pytest.fixture
def box():
    """A mailbox behind a plain server, and that server."""
    with mail_server() as (mailbox, port):
        yield mailbox, MailServer("127.0.0.1", port, "none")


class TestServerOf:
    @pytest.mark.parametrize(
        ("url", "server"),
        [("smtp://mail.example", MailServer("mail.example", 587, "starttls")),
         ("smtp://me%40x:p%2Fw@mail.example:2525", MailServer("mail.example", 2525, "starttls", "me@x", "p/w")),
         ("smtp://127.0.0.1:25?starttls=no", MailServer("127.0.0.1", 25, "none")),
         ("smtps://mail.example", MailServer("mail.example", 465, "tls"))],
    )  # fmt: skip
    def test_an_address_says_how_to_speak_and_encryption_is_the_rule(self, url, server):
        assert server_of(url) == server

    @pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", "smtp://a?starttls=perhaps"])
    def test_what_it_cannot_read_it_says(self, url):
        with pytest.raises(ValueError, match="MAIL_URL is smtp://"):
            server_of(url)

    def test_the_password_is_not_shown(self):
        assert "secret" not in repr(server_of("smtp://me:secret@mail.example"))


class TestSend:
    def test_it_arrives_as_it_was_written(self, box, message):
        mailbox, server = box
        send(server, message)
        (received,) = mailbox.messages
        assert received["Subject"] == "Grüße aus der Praxis"
        assert received["From"] == "Praxis am Hafen <clinic@hafen.example>"
        assert received.get_content().strip() == "Bis morgen!"

    @pytest.mark.parametrize(
        ("mood", "said"), [("refuse", r"refused: \[550\]"), ("later", r"\[451\]"), ("hang_up", "Disconnected")]
    )
    def test_a_server_that_does_not_take_it_is_told_of_without_naming_anybody(self, box, message, mood, said):
        mailbox, server = box
        mailbox.mood = mood
        with pytest.raises(MailNotSent, match=said) as failed:
            send(server, message)
        assert mailbox.received == []
        assert isinstance(failed.value, MailRefused) == (mood == "refuse")
        assert "maya" not in str(failed.value) and failed.value.__cause__ is None

    def test_a_server_that_never_answers_is_given_up(self, box, message, monkeypatch):
        mailbox, server = box
        mailbox.mood = "stall"
        monkeypatch.setattr(mail, "SECONDS_TO_ANSWER", 0.3)
        with pytest.raises(MailNotSent, match="Disconnected"):
            send(server, message)

    def test_a_server_that_is_not_there_is_told_of(self, message):
        with pytest.raises(MailNotSent, match="Refused"):
            send(MailServer("127.0.0.1", 1, "none"), message)

    def test_once_it_is_taken_a_rude_goodbye_changes_nothing(self, box, message):
        mailbox, server = box
        mailbox.mood = "rude_goodbye"
        send(server, message)
        assert len(mailbox.received) == 1

    def test_a_server_without_encryption_gets_neither_password_nor_mail_unless_told(self, box, message):
        mailbox, server = box
        with pytest.raises(MailNotSent, match="NotSupported"):
            send(MailServer(server.host, server.port, "starttls", "me", "secret"), message)
        assert mailbox.tries == 0

    def test_a_server_that_cannot_prove_its_name_gets_nothing(self, message, certificate):
        with mail_server(tls_context=certificate) as (mailbox, port):
            with pytest.raises(MailNotSent, match="Verification"):
                send(MailServer("127.0.0.1", port, "starttls"), message)
            assert mailbox.received == []

    def test_with_a_known_certificate_it_goes_encrypted(self, message, certificate, tmp_path):
        trusting = ssl.create_default_context(cafile=tmp_path / "certificate.pem")
        with mail_server(tls_context=certificate, require_starttls=True) as (mailbox, port):
            send(MailServer("127.0.0.1", port, "starttls"), message, trusting)
            assert len(mailbox.received) == 1
        with mail_server(ssl_context=certificate) as (mailbox, port):
            send(MailServer("127.0.0.1", port, "tls"), message, trusting)
            assert len(mailbox.received) == 1


@pytest.fixture
def certificate(tmp_path):
    """A server's context with a certificate of its own making for 127.0.0.1."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (tmp_path / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    return context


class TestKeep:
    def test_the_trials_mails_are_files_for_their_owner_only_newest_first(self, tmp_path, message):
        folder = tmp_path / "mail"
        first = keep(folder, message)
        del message["Subject"]
        message["Subject"] = "Another"
        keep(folder, message)
        assert [each.subject for each in kept(folder, 10)] == ["Another", "Grüße aus der Praxis"]
        assert kept(folder, 1)[0].to == "maya@rose-street.example"
        assert first.stat().st_mode & 0o777 == 0o600 and folder.stat().st_mode & 0o777 == 0o700

    def test_the_oldest_go_when_there_are_very_many(self, tmp_path, message, monkeypatch):
        monkeypatch.setattr(mail, "MOST_KEPT", 3)
        for _ in range(5):
            keep(tmp_path, message)
        assert len(kept(tmp_path, 10)) == 3

    def test_a_folder_that_is_not_there_holds_nothing(self, tmp_path):
        assert kept(tmp_path / "none", 10) == []
