"""The outside for tests: web servers and name servers on loopback that count who comes."""

import socket
import ssl
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import dns.message
import dns.rcode
import dns.rrset
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Listener:
    """A server on one loopback address that notes every connection and answers with given bytes."""

    def __init__(self, answer=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", host="127.0.0.1", port=0, tls=None):
        self.answer, self.tls = answer, tls
        self.requests, self.connections, self.names = [], 0, []
        self.socket = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.host, self.port = self.socket.getsockname()[:2]

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._answer, args=[connection], daemon=True).start()

    def _answer(self, connection):
        try:
            connection = self.tls.wrap_socket(connection, server_side=True) if self.tls else connection
            with connection:
                self.requests.append(connection.recv(65536))
                for piece in self.answer(self) if callable(self.answer) else [self.answer]:
                    connection.sendall(piece)
        except OSError:
            return  # the visitor went away, as some are meant to


def slowly(text, seconds):
    """An answer that comes byte by byte."""

    def answer(_listener):
        for byte in text:
            time.sleep(seconds)
            yield bytes([byte])

    return answer


def redirect(location, status=302):
    """An answer that leads on."""
    return f"HTTP/1.1 {status} Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


def certificate(name):
    """A certificate for one name that signs itself, and its key, both as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    return made.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def tls_contexts(folder, name):
    """Both ends' TLS contexts for a server of this name; the server's notes in `asked` the names it is asked for."""
    made, key = certificate(name)
    (folder / "certificate.pem").write_bytes(made + key)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "certificate.pem")
    asked = []
    server.sni_callback = lambda _socket, wanted, _context: asked.append(wanted)
    client = ssl.create_default_context(cadata=made.decode())
    return server, client, asked


@contextmanager
def name_server(names):
    """A name server on loopback for these names; None for one it never answers. Yields its port and the questions."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listening.bind(("127.0.0.1", 0))
    asked = []

    def serve():
        while True:
            try:
                packet, visitor = listening.recvfrom(4096)
            except OSError:
                return
            query = dns.message.from_wire(packet)
            question = query.question[0]
            name = question.name.to_text(omit_final_dot=True)
            asked.append(name)
            if name in names and names[name] is None:
                continue
            answer = dns.message.make_response(query)
            if name not in names:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            elif question.rdtype == 1:
                answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "A", *names[name]))
            listening.sendto(answer.to_wire(), visitor)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listening.getsockname()[1], asked
    finally:
        listening.close()
